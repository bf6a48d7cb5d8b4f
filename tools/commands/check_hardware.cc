#include <array>
#include <ostream>

#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "runtime/topology.h"
#include "tools/cli/json.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/hardware/cpu_description.h"

namespace filigree::tools {
namespace {

using kernels::Isa;

constexpr std::array kIsas = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vnni};

bool has_kernels(Isa isa) {
  for (const kernels::KernelTable& table : kernels::supported_tables())
    if (table.isa == isa) return true;
  return false;
}

std::string isa_state(Isa isa) {
  if (!kernels::cpu_supports(isa)) return "not in this CPU";
  return has_kernels(isa) ? "yes" : "in this CPU, filigree has no kernels for it";
}

struct Report {
  CpuDescription cpu;
  runtime::Topology topology;
  runtime::CoreChoice choice;
  serve::IsaRequest isa;
};

void print_text(const Report& report, std::ostream& out) {
  out << "CPU:           " << report.cpu.model << "\n";
  out << "ISA used:      " << kernels::isa_name(report.isa.isa) << ", " << report.isa.source
      << "\n";
  for (const Isa isa : kIsas)
    out << "               " << kernels::isa_name(isa) << ": " << isa_state(isa) << "\n";
  out << "cores to use:  " << report.choice.reason << "\n";
  out << "allowed CPUs:  " << runtime::cpu_list_text(report.topology.affinity) << ", "
      << report.topology.physical_cores << " physical cores\n";
  out << "NUMA nodes:    " << report.topology.nodes << "\n";
  for (const Cache& cache : report.cpu.caches)
    out << "cache " << cache.name
        << std::string(9 - std::min<std::size_t>(cache.name.size(), 8), ' ') << cache.size
        << ", shared by CPUs " << cache.shared_by << "\n";
  for (const std::string& note : report.topology.notes) out << "note:          " << note << "\n";
}

Json json_of(const Report& report) {
  Json::Array isas, caches, notes;
  for (const Isa isa : kIsas)
    isas.push_back(Json::object({{"name", kernels::isa_name(isa)},
                                 {"cpu", kernels::cpu_supports(isa)},
                                 {"kernels", has_kernels(isa)}}));
  for (const Cache& cache : report.cpu.caches)
    caches.push_back(
        Json::object({{"name", cache.name}, {"size", cache.size}, {"shared_by", cache.shared_by}}));
  for (const std::string& note : report.topology.notes) notes.emplace_back(note);
  const runtime::Topology& topology = report.topology;
  Json json = Json::object({{"cpu", report.cpu.model},
                            {"isa_used", kernels::isa_name(report.isa.isa)},
                            {"isa_reason", report.isa.source},
                            {"isas", std::move(isas)},
                            {"cores", report.choice.cores},
                            {"cores_reason", report.choice.reason},
                            {"allowed_cpus", runtime::cpu_list_text(topology.affinity)},
                            {"physical_cores", topology.physical_cores},
                            {"numa_nodes", topology.nodes},
                            {"caches", std::move(caches)},
                            {"notes", std::move(notes)}});
  if (topology.cgroup.quota_cpus) json.add("cgroup_quota_cpus", *topology.cgroup.quota_cpus);
  return json;
}

ExitCode check_hardware(const Arguments& arguments, Console& console) {
  runtime::Topology topology = runtime::process_topology();
  runtime::CoreChoice choice = runtime::choose_cores(topology, 0);
  const Report report{.cpu = read_cpu_description("/"),
                      .topology = std::move(topology),
                      .choice = std::move(choice),
                      .isa = chosen_isa(arguments)};
  if (arguments.has("json")) {
    console.out << serve::to_text(json_of(report)) << "\n";
  } else {
    print_text(report, console.out);
  }
  return ExitCode::kOk;
}

}  // namespace

Command check_hardware_command() {
  return {.usage = {.command = "check-hardware",
                    .summary = "Prints what filigree finds in this machine and what it will use.",
                    .operands = "",
                    .flags = {isa_flag(), {"json", "", "print JSON"}},
                    .example = "filigree check-hardware --json"},
          .run = check_hardware};
}

}  // namespace filigree::tools

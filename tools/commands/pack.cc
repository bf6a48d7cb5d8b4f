#include <filesystem>
#include <ostream>
#include <thread>

#include "kernels/isa.h"
#include "loader/portable_model.h"
#include "tools/cli/table.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

// Nothing is computed: the file may be for a CPU that is elsewhere.
kernels::Isa wanted_isa(const Arguments& arguments) {
  if (const auto name = arguments.text("isa"))
    return serve::parse_isa_request(*name, "flag '--isa'").isa;
  return chosen_isa(arguments).isa;
}

ExitCode pack(const Arguments& arguments, Console& console) {
  if (arguments.operands().empty())
    throw UsageError("'pack' needs a model: FILE.onnx, a folder, or a zoo: or hf: name");
  const fs::path target = arguments.required("out");
  if (fs::is_directory(target))
    throw UsageError("flag '--out' is the folder '" + target.string() +
                     "', expected a file, for example " + (target / "model.filigree").string());
  const kernels::Isa isa = wanted_isa(arguments);
  loader::pack_model(model_argument(arguments.operands().front()), target,
                     {.isa = isa, .threads = std::thread::hardware_concurrency()});
  console.out << target.string() << ": "
              << fixed(static_cast<double>(fs::file_size(target)) * 1e-6, 1) << " MB, packed for "
              << kernels::isa_name(isa) << "\n";
  return ExitCode::kOk;
}

}  // namespace

Command pack_command() {
  return {
      .usage = {.command = "pack",
                .summary =
                    "Writes a model as it is in memory, to be used in place of its ONNX file.",
                .operands = "FILE.onnx|DIR|NAME",
                .max_operands = 1,
                .flags = {{"out", "FILE",
                           "the file to write; model.filigree beside a tokenizer is found by its "
                           "folder"},
                          {"isa", "NAME",
                           isa_flag().choices + ": whose kernels it is for; others pack it again "
                                                "when they load it (default: this CPU's best)",
                           isa_flag().choices}},
                .example = "filigree pack DIR --out OTHER/model.filigree --isa avx2"},
      .run = pack};
}

}  // namespace filigree::tools

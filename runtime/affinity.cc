#include "runtime/affinity.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

namespace filigree::runtime {
namespace {

struct FreeCpuSet {
  void operator()(cpu_set_t* set) const noexcept { CPU_FREE(set); }
};
using CpuSet = std::unique_ptr<cpu_set_t, FreeCpuSet>;

}  // namespace

CpuList process_affinity() {
  // The call fails with EINVAL while the set is smaller than the kernel's.
  for (int count = 1024; count <= kMaxCpus; count *= 4) {
    const CpuSet set(CPU_ALLOC(count));
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(count);
    if (sched_getaffinity(0, bytes, set.get()) != 0) continue;
    CpuList cpus;
    for (int cpu = 0; cpu < count; ++cpu)
      if (CPU_ISSET_S(cpu, bytes, set.get())) cpus.push_back(cpu);
    if (!cpus.empty()) return cpus;
  }
  CpuList cpus;
  const int count = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (int cpu = 0; cpu < count; ++cpu) cpus.push_back(cpu);
  return cpus;
}

std::optional<std::string> pin_thread(std::thread& thread, const CpuList& cpus) {
  const int count = cpus.empty() ? 1 : cpus.back() + 1;
  const CpuSet set(CPU_ALLOC(count));
  if (set == nullptr) return "no memory for a CPU set";
  const std::size_t bytes = CPU_ALLOC_SIZE(count);
  CPU_ZERO_S(bytes, set.get());
  for (const int cpu : cpus) CPU_SET_S(cpu, bytes, set.get());
  const int error = pthread_setaffinity_np(thread.native_handle(), bytes, set.get());
  if (error == 0) return std::nullopt;
  return "cannot bind a thread to CPU " + cpu_list_text(cpus) + ": " +
         std::generic_category().message(error);
}

void bind_thread(std::thread& thread, const CpuList& place, std::vector<std::string>& failures) {
  if (place.empty()) return;
  if (auto failure = pin_thread(thread, place)) failures.push_back(std::move(*failure));
}

}  // namespace filigree::runtime

// CPU affinity of this process and of its threads: the calls of the operating system.
#pragma once

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cpu_list.h"

namespace filigree::runtime {

// CPUs that the calling thread may run on. When the system does not say, 0 .. hardware_concurrency
// - 1.
CpuList process_affinity();

// Binds a running thread to `cpus`. Returns why not, or nullopt when done.
std::optional<std::string> pin_thread(std::thread& thread, const CpuList& cpus);

// The same, unless `place` is empty: then there is nothing to do. Why not is added to `failures`.
void bind_thread(std::thread& thread, const CpuList& place, std::vector<std::string>& failures);

}  // namespace filigree::runtime

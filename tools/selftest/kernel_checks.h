// Every kernel on random numbers, compared bit for bit with the scalar table.
#pragma once

#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "tools/selftest/check.h"

namespace filigree::tools {

// One result for each kernel, matrices in every format they can have. tables.front() is what the
// others are compared with; requires at least one table.
std::vector<CheckResult> check_kernels(std::span<const kernels::KernelTable> tables);

}  // namespace filigree::tools

// The self-test: every instruction set that this CPU has gives the same bits.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "tools/selftest/check.h"
#include "tools/selftest/model_check.h"

namespace filigree::tools {

// Small random encoders: fp32, int8, and both in one, each with dense and sparse weights, in
// batches of 1 to 64 and on 1 to `threads` threads.
std::vector<ModelCheck> tiny_model_checks(std::size_t threads);

// How much of a model is computed: kQuick takes seconds, kThorough every batch from 1 to 64.
enum class Effort { kQuick, kThorough };

// The model at `path`, stored as the loader chooses, dense and sparse. Throws FormatError.
ModelCheck model_check(const std::filesystem::path& path, std::size_t threads, Effort effort);

struct SelftestOptions {
  std::span<const kernels::KernelTable> tables;  // scalar first
  std::size_t threads = 2;                       // at most, in one computation; at least 1
  std::optional<std::filesystem::path> model =
      std::nullopt;  // checked after kernels and small encoders
};

// Every check, in order. Throws FormatError for a model that cannot be loaded.
std::vector<CheckResult> run_selftest(const SelftestOptions& options);

}  // namespace filigree::tools

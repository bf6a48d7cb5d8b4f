#include "tools/selftest/selftest.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "tools/selftest/kernel_checks.h"
#include "tools/selftest/tiny_model.h"

namespace filigree::tools {
namespace {

constexpr std::size_t kMostSequences = 64;

// Lengths at and beside the edges of registers and panels, short ones more often: scalar kernels
// take their time.
const std::vector<std::size_t> kLengths = {5, 1, 17, 2, 9, 33, 3, 8, 65, 7, 4, 16};

struct TinyForm {
  const char* name;
  LinearForm linears;
  AttentionForm attention;
};
constexpr TinyForm kTinyForms[] = {
    {"small fp32 encoder", LinearForm::kF32, AttentionForm::kF32},
    {"small int8 encoder", LinearForm::kI8, AttentionForm::kInteger},
    {"small mixed encoder", LinearForm::kMixed, AttentionForm::kAlternating},
};

std::vector<std::size_t> up_to(std::size_t most) {
  std::vector<std::size_t> numbers(most);
  std::iota(numbers.begin(), numbers.end(), std::size_t{1});
  return numbers;
}

// Powers of two and the largest: on machines with many cores every number would take long.
std::vector<std::size_t> thread_counts(std::size_t most) {
  std::vector<std::size_t> counts;
  for (std::size_t count = 1; count < most; count = count < 4 ? count + 1 : count * 2)
    counts.push_back(count);
  counts.push_back(most);
  return counts;
}

}  // namespace

std::vector<ModelCheck> tiny_model_checks(std::size_t threads) {
  std::vector<ModelCheck> checks;
  for (const TinyForm& form : kTinyForms) {
    TinyModelOptions sparse{.linears = form.linears, .attention = form.attention};
    TinyModelOptions dense = sparse;
    dense.storage = StorageForm::kDense;
    const auto model = tiny_model(sparse);
    std::vector<ModelForm> forms{{"sparse", model}, {"dense", tiny_model(dense)}};
    // Of fp32 weights this is the sparse form.
    if (form.linears != LinearForm::kF32) {
      TinyModelOptions unstructured = sparse;
      unstructured.storage = StorageForm::kUnstructured;
      forms.push_back({"unstructured", tiny_model(unstructured)});
    }
    checks.push_back({.name = form.name,
                      .forms = std::move(forms),
                      .sequences = sequences_for(*model, kLengths),
                      .batches = {1, 2, 3, 7, 21, kMostSequences},
                      .scalar_batches = {3, 21},
                      .threads = thread_counts(threads),
                      .stages = true});
  }
  return checks;
}

ModelCheck model_check(const std::filesystem::path& path, std::size_t threads, Effort effort) {
  using Formats = loader::LoadOptions::Formats;
  const auto load = [&](Formats formats) {
    return loader::load_model(path, loader::LoadOptions{.formats = formats});
  };
  const auto model = load(Formats::kCostModel);
  ModelCheck check{.name = path.has_filename() ? path.filename().string()
                                               : path.parent_path().filename().string(),
                   .forms = {{"as loaded", model}},
                   .sequences = sequences_for(*model, kLengths),
                   .batches = {1, 2, 7, kMostSequences},
                   .scalar_batches = {},
                   .threads = thread_counts(threads)};
  if (model->encoder) {
    check.forms.push_back({"dense", load(Formats::kDense)});
    check.forms.push_back({"sparse", load(Formats::kSparse)});
    const auto is_int8 = [](const loader::EncoderLayer& layer) {
      return layer.ffn_in.input.has_value();
    };
    if (std::ranges::any_of(model->encoder->layers, is_int8))
      check.forms.push_back({"unstructured", load(Formats::kUnstructured)});
  }
  if (effort == Effort::kThorough) {
    check.batches = up_to(kMostSequences);
    check.scalar_batches = {2, 12, kMostSequences};
  }
  return check;
}

std::vector<CheckResult> run_selftest(const SelftestOptions& options) {
  std::vector<CheckResult> results = check_kernels(options.tables);
  std::vector<ModelCheck> checks = tiny_model_checks(options.threads);
  if (options.model) checks.push_back(model_check(*options.model, options.threads, Effort::kQuick));
  for (const ModelCheck& check : checks) {
    auto more = check_model(options.tables, check);
    results.insert(results.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
  }
  return results;
}

}  // namespace filigree::tools

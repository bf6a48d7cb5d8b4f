#include "tools/selftest/model_check.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "runtime/batch_runner.h"
#include "runtime/encoder_trace.h"
#include "runtime/request.h"
#include "runtime/worker_group.h"
#include "tools/selftest/tiny_model.h"

namespace filigree::tools {
namespace {

using kernels::KernelTable;
using loader::Tensor;
using runtime::Sequence;
using runtime::SequenceResult;

// One way to compute a batch. `batch` holds indices of ModelCheck::sequences.
struct Run {
  const KernelTable* table;
  const ModelForm* form;
  std::vector<std::size_t> batch;
  std::size_t threads;
};

std::vector<std::size_t> batch_of(std::size_t size, std::size_t first, std::size_t sequences) {
  std::vector<std::size_t> batch(size);
  for (std::size_t i = 0; i < size; ++i) batch[i] = (first + i) % sequences;
  return batch;
}

std::string text_of(const Run& run) {
  return std::string(kernels::isa_name(run.table->isa)) + ", " + run.form->name + " weights, " +
         std::to_string(run.batch.size()) + " in a batch, " + std::to_string(run.threads) +
         (run.threads == 1 ? " thread" : " threads");
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.dims() == b.dims() && std::ranges::equal(a.bytes(), b.bytes());
}

std::string output_difference(const std::string& name, const Tensor& got, const Tensor& want) {
  const std::string where = "output '" + name + "'";
  if (got.type() != want.type() || got.dims() != want.dims())
    return where + ": shape " + loader::shape_text(got.dims()) + ", scalar " +
           loader::shape_text(want.dims());
  if (got.type() != loader::DataType::kFloat) return where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const float x = got.data<float>()[i];
    const float y = want.data<float>()[i];
    if (std::bit_cast<std::uint32_t>(x) != std::bit_cast<std::uint32_t>(y))
      return where + ", element " + std::to_string(i) + ": " + runtime::bits_text(x) + ", scalar " +
             runtime::bits_text(y);
  }
  return where;
}

class Comparison {
 public:
  Comparison(std::span<const KernelTable> tables, const ModelCheck& check)
      : tables_(tables), check_(check) {
    runtime::Request request;
    request.model = check.forms.front().model;
    request.sequences = check.sequences;
    if (const auto error = request_error(request))
      throw std::runtime_error(check.name + ": " + *error);
    for (std::size_t i = 0; i < check.sequences.size(); ++i) {
      want_.push_back(std::move(results_of(alone(tables.front(), i)).front()));
      if (!want_.back().error.empty())
        throw std::runtime_error(check.name + ": sequence " + std::to_string(i) + ": " +
                                 want_.back().error);
    }
  }

  CheckResult instruction_sets() const {
    std::vector<Run> runs;
    for (const KernelTable& table : tables_.subspan(1))
      for (std::size_t i = 0; i < want_.size(); ++i) runs.push_back(alone(table, i));
    return compare("instruction sets", runs);
  }

  CheckResult batches() const {
    std::vector<Run> runs;
    for (const KernelTable& table : tables_) {
      const auto& sizes = &table == &tables_.front() ? check_.scalar_batches : check_.batches;
      for (std::size_t i = 0; i < sizes.size(); ++i)
        runs.push_back({&table, &check_.forms.front(), batch_of(sizes[i], i, want_.size()),
                        check_.threads[i % check_.threads.size()]});
    }
    const auto [least, most] = std::ranges::minmax(check_.batches);
    return compare("batches of " + std::to_string(least) + " to " + std::to_string(most), runs);
  }

  CheckResult threads() const {
    std::vector<Run> runs;
    for (const KernelTable& table : tables_)
      for (const std::size_t threads : check_.threads) {
        runs.push_back(whole(table, check_.forms.front()));
        runs.back().threads = threads;
      }
    const auto [least, most] = std::ranges::minmax(check_.threads);
    return compare(std::to_string(least) + " to " + std::to_string(most) + " threads", runs);
  }

  CheckResult formats() const {
    std::vector<Run> runs;
    std::string names;
    for (const ModelForm& form : check_.forms) {
      names += (names.empty() ? "" : ", ") + form.name;
      for (const KernelTable& table : tables_) runs.push_back(whole(table, form));
    }
    return compare("weights " + names, runs);
  }

 private:
  Run alone(const KernelTable& table, std::size_t sequence) const {
    return {&table, &check_.forms.front(), {sequence}, 1};
  }
  // All sequences in one batch.
  Run whole(const KernelTable& table, const ModelForm& form) const {
    return {&table, &form, batch_of(want_size(), 0, want_size()), check_.threads.back()};
  }
  std::size_t want_size() const { return check_.sequences.size(); }

  std::vector<SequenceResult> results_of(const Run& run) const {
    std::vector<const Sequence*> sequences;
    std::size_t tokens = 0;
    for (const std::size_t i : run.batch) {
      sequences.push_back(&check_.sequences[i]);
      tokens += sequences.back()->ids.size();
    }
    runtime::WorkerGroup group{runtime::Places(run.threads)};
    runtime::BatchRunner runner(*run.table, {.batch_tokens = tokens, .threads = run.threads});
    return runner.run(*run.form->model, sequences, group);
  }

  CheckResult compare(const std::string& what, const std::vector<Run>& runs) const {
    CheckResult result{check_.name + ": " + what, 0, std::nullopt};
    for (const Run& run : runs) {
      ++result.runs;
      result.difference = difference(run);
      if (result.difference) break;
    }
    return result;
  }

  std::optional<std::string> difference(const Run& run) const {
    const std::vector<SequenceResult> got = results_of(run);
    for (std::size_t i = 0; i < got.size(); ++i)
      if (const auto what = difference(run, i, got[i]))
        return check_.name + ", " + text_of(run) + ", sequence " + std::to_string(i) + ": " + *what;
    return std::nullopt;
  }

  std::optional<std::string> difference(const Run& run, std::size_t place,
                                        const SequenceResult& got) const {
    if (!got.error.empty()) return got.error;
    if (check_.stages && run.batch.size() == 1)
      if (auto stage = encoder_difference(run, place)) return stage;
    const auto& want = want_[run.batch[place]].output.tensors;
    const auto& tensors = got.output.tensors;
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (same_bytes(tensors[i], want[i])) continue;
      if (auto stage = encoder_difference(run, place)) return stage;
      return output_difference(check_.forms.front().model->output_names[i], tensors[i], want[i]);
    }
    return std::nullopt;
  }

  // The first stage that differs when both are computed again; nullopt when none does.
  std::optional<std::string> encoder_difference(const Run& run, std::size_t place) const {
    const auto& encoder = run.form->model->encoder;
    const auto& scalar = check_.forms.front().model->encoder;
    if (!encoder || !scalar) return std::nullopt;
    std::vector<Sequence> sequences;
    for (const std::size_t i : run.batch) sequences.push_back(check_.sequences[i]);
    const auto got = runtime::trace_batch(*run.table, *encoder, sequences, run.threads, place);
    const auto want = runtime::trace_batch(tables_.front(), *scalar, {&sequences[place], 1}, 1);
    // Where both are scalar, the words that differ are in text_of(run).
    const std::string name =
        run.table == &tables_.front() ? "here" : std::string(kernels::isa_name(run.table->isa));
    return runtime::first_difference({name, got[place]},
                                     {kernels::isa_name(tables_.front().isa), want.front()});
  }

  const std::span<const KernelTable> tables_;
  const ModelCheck& check_;
  std::vector<SequenceResult> want_;  // of each sequence alone
};

std::size_t token_types(const loader::Model& model) {
  std::size_t types = 1;
  for (const loader::Embeddings::Table& table : model.encoder->embeddings.tables)
    if (table.input == loader::EmbeddingInput::kTokenType) types = table.view.rows;
  return types;
}

}  // namespace

std::vector<CheckResult> check_model(std::span<const KernelTable> tables, const ModelCheck& check) {
  const Comparison comparison(tables, check);
  return {comparison.instruction_sets(), comparison.batches(), comparison.threads(),
          comparison.formats()};
}

std::vector<Sequence> sequences_for(const loader::Model& model, std::vector<std::size_t> lengths,
                                    unsigned seed) {
  // What a graph without a recognised encoder accepts is not known: small ids are in any
  // vocabulary.
  constexpr std::size_t kSmall = 100;
  if (model.encoder)
    for (std::size_t& length : lengths) length = std::min(length, model.encoder->max_positions);
  auto sequences =
      random_sequences(lengths, model.encoder ? model.encoder->vocabulary : kSmall, seed);
  if (model.encoder && token_types(model) >= 2) return sequences;
  for (Sequence& sequence : sequences) sequence.type_ids.clear();
  return sequences;
}

}  // namespace filigree::tools

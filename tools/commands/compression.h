// What `prune` and `quantize` share: the model that is read, calibration text, the change of
// accuracy, the folder that is written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "loader/graph.h"
#include "loader/model.h"
#include "runtime/sequence.h"
#include "tools/cli/arguments.h"
#include "tools/cli/console.h"
#include "tools/cli/output_folder.h"
#include "tools/compress/model_copy.h"
#include "tools/compress/onnx_source.h"
#include "tools/evaluation/squad_dataset.h"
#include "tools/evaluation/squad_metric.h"

namespace filigree::tools {

// --model-path, --output, --calibration and so on.
std::vector<Flag> compression_flags();

// The model that --model-path names: a folder with model.onnx, or an .onnx file.
struct ModelPath {
  std::filesystem::path folder, file;
};
ModelPath model_path(const Arguments& arguments);

// The sequences of --calibration. Throws UsageError without that flag, InputError.
std::vector<runtime::Sequence> calibration_of(const Arguments& arguments, const ModelPath& path,
                                              const loader::Model& model);

// Exact match and F1 on --dataset, of the model before and after; nothing without that flag.
class Accuracy {
 public:
  // Reads the data set. Throws InputError.
  explicit Accuracy(const Arguments& arguments);

  bool is_measured() const noexcept { return !questions_.empty(); }
  SquadScore measure(const std::filesystem::path& model, const Checkpoint& checkpoint,
                     Console& console) const;
  std::size_t questions() const noexcept { return questions_.size(); }

 private:
  const Arguments& arguments_;
  std::vector<SquadQuestion> questions_;
};

struct ScoreChange {
  SquadScore before, after;
};
// "exact match 64.87 -> 60.12, F1 75.91 -> 71.30 (300 questions of FILE)", or that accuracy was not
// measured and how it can be.
std::string accuracy_text(const std::optional<ScoreChange>& change, const Arguments& arguments,
                          std::size_t questions);

// model.onnx with the graph `edited`, the other files of the source's folder, and cards that say
// `how`.
void write_model_folder(const OnnxSource& source, const loader::Graph& edited,
                        const std::filesystem::path& to, CardChange change);

}  // namespace filigree::tools

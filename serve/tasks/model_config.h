// What tasks need of config.json, the description that lies beside a model.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::serve {

struct ModelConfig {
  std::string file;  // for messages
  // id2label in the order of the ids. Without id2label "LABEL_0" and so on, num_labels of them, or
  // two: what transformers does.
  std::vector<std::string> labels;
  bool multi_label = false;  // problem_type is "multi_label_classification"
};

// Throws std::runtime_error naming the file and key, what was found and what was expected: text
// that is no JSON object, ids that are not 0, 1, ... n - 1, labels that are not text, more than
// 65,536 of them.
ModelConfig parse_model_config(std::string_view json, const std::string& file);

// `folder`/config.json, or nullopt when there is none. Throws like parse_model_config, and for more
// than 16 MiB.
std::optional<ModelConfig> read_model_config(const std::filesystem::path& folder);

}  // namespace filigree::serve

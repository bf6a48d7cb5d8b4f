// Requests for `filigree benchmark-pipeline`, from the JSON that DeepSparse's tool reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serve/json.h"
#include "serve/tasks/task_name.h"

namespace filigree::tools {

struct PipelineConfig {
  enum class Data { kDummy, kReal } data = Data::kDummy;
  std::size_t gen_sequence_length = 512;         // characters of a dummy text
  std::optional<std::size_t> max_string_length;  // characters of a real text that are used
  std::optional<std::string> question_file, context_file;
  serve::Json pipeline_kwargs = serve::Json::object({});      // of the task, as in serve's YAML
  serve::Json input_schema_kwargs = serve::Json::object({});  // added to every request
};

// Throws InputError naming `where` and the field. What only pictures need is accepted.
PipelineConfig pipeline_config(const serve::Json& json, const std::string& where);

// Different requests, used in turn; the same for equal arguments. Dummy texts are words of English
// paragraphs in random order. Real ones are there for question answering alone. Throws InputError
// naming the file or field.
std::vector<serve::Json> pipeline_requests(serve::TaskKind task, const PipelineConfig& config,
                                           std::uint64_t seed);

}  // namespace filigree::tools

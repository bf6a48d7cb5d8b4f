#include "serve/tasks/foreign_task.h"

#include <algorithm>
#include <span>

namespace filigree::serve {
namespace {

constexpr std::string_view kImages[] = {"imageclassification", "yolo", "yolov8", "yolact",
                                        "openpifpaf"};
constexpr std::string_view kGeneration[] = {"textgeneration", "opt",  "bloom",          "mpt",
                                            "llama",          "chat", "codegeneration", "codegen",
                                            "chatbot"};
constexpr std::string_view kHaystack[] = {"haystack", "informationretrievalhaystack"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::optional<std::string> foreign_task(std::string_view name) {
  if (name.starts_with("import:") || name.starts_with("custom"))
    return "runs Python code, which filigree never does: serve the model under a task that is "
           "supported and do the rest in the client";
  if (is_one_of(name, kImages))
    return "reads images, and filigree text only: ONNX Runtime or OpenVINO Model Server run such "
           "models";
  if (is_one_of(name, kGeneration))
    return "generates text, and filigree runs encoders only: llama.cpp or vLLM run such models";
  if (is_one_of(name, kHaystack))
    return "was given up by DeepSparse itself: let the client of Haystack ask for embeddings";
  return std::nullopt;
}

}  // namespace filigree::serve

#include "serve/tasks/model_config.h"

#include <charconv>
#include <fstream>
#include <stdexcept>

#include "serve/json.h"

namespace filigree::serve {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::size_t kMostLabels = 65536;

[[noreturn]] void fail(const std::string& file, const std::string& message) {
  throw std::runtime_error(file + ": " + message);
}

std::optional<std::size_t> as_id(std::string_view text) {
  std::size_t id = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return id;
}

std::vector<std::string> labels_of(const Json& id2label, const std::string& file) {
  const Json::Object* object = id2label.as_object();
  if (object == nullptr)
    fail(file, "id2label is " + std::string(id2label.type_name()) + ", expected an object");
  if (object->empty() || object->size() > kMostLabels)
    fail(file, "id2label has " + std::to_string(object->size()) + " labels, expected 1 to " +
                   std::to_string(kMostLabels));
  std::vector<std::optional<std::string>> found(object->size());
  for (const auto& [key, value] : *object) {
    const auto id = as_id(key);
    if (!id || *id >= found.size())
      fail(file,
           "id2label has the id '" + key + "', expected 0 to " + std::to_string(found.size() - 1));
    const std::string* label = value.as_string();
    if (label == nullptr)
      fail(file,
           "id2label '" + key + "' is " + std::string(value.type_name()) + ", expected a string");
    if (found[*id]) fail(file, "id2label has the id " + std::to_string(*id) + " twice");
    found[*id] = *label;
  }
  std::vector<std::string> labels;
  for (auto& label : found) labels.push_back(std::move(*label));
  return labels;
}

std::vector<std::string> numbered_labels(const Json& config, const std::string& file) {
  std::size_t count = 2;
  if (const Json* given = config.find("num_labels"); given != nullptr && !given->is_null()) {
    const std::int64_t* number = given->as_integer();
    if (number == nullptr || *number < 1 || *number > static_cast<std::int64_t>(kMostLabels))
      fail(file,
           "num_labels is " + to_text(*given) + ", expected 1 to " + std::to_string(kMostLabels));
    count = static_cast<std::size_t>(*number);
  }
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
  return labels;
}

}  // namespace

ModelConfig parse_model_config(std::string_view json, const std::string& file) {
  auto parsed = parse_json(json);
  if (const auto* error = std::get_if<JsonError>(&parsed))
    fail(file, "is not JSON: " + error->message + " " + place_of(*error));
  const Json& root = std::get<Json>(parsed);
  if (!root.is_object()) fail(file, "is " + std::string(root.type_name()) + ", expected an object");
  ModelConfig config;
  config.file = file;
  const Json* id2label = root.find("id2label");
  config.labels = id2label != nullptr && !id2label->is_null() ? labels_of(*id2label, file)
                                                              : numbered_labels(root, file);
  if (const Json* problem = root.find("problem_type"))
    if (const std::string* name = problem->as_string())
      config.multi_label = *name == "multi_label_classification";
  return config;
}

std::optional<ModelConfig> read_model_config(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "config.json";
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (!stream) return std::nullopt;
  const std::streamoff size = stream.tellg();
  if (size < 0 || static_cast<std::size_t>(size) > kMostBytes)
    fail(file.string(),
         "has " + std::to_string(size) + " bytes, expected at most " + std::to_string(kMostBytes));
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.seekg(0);
  stream.read(text.data(), size);
  if (stream.gcount() != size) fail(file.string(), "cannot be read");
  return parse_model_config(text, file.string());
}

}  // namespace filigree::serve

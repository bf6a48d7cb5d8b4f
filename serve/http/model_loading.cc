#include "serve/http/model_loading.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "serve/log.h"

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
  return fs::is_directory(path) ? path : path.parent_path();
}

Json read_card(const fs::path& folder) {
  constexpr std::size_t kMaxBytes = 64 << 10;
  std::ifstream stream(folder / "card.json", std::ios::binary);
  if (!stream) return {};
  std::string text(kMaxBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto card = parse_json(text);
  Json* value = std::get_if<Json>(&card);
  if (text.size() <= kMaxBytes && value != nullptr && value->is_object()) return std::move(*value);
  log(LogLevel::kWarning, (folder / "card.json").string() +
                              ": is not a JSON object of at most 64 KiB and is not shown");
  return {};
}

}  // namespace

// Links are followed for the folder only: what a model file links to may have another tokenizer
// beside it.
fs::path model_identity(const fs::path& path) {
  const bool folder = !fs::is_regular_file(path);
  std::error_code error;
  const fs::path canonical =
      fs::weakly_canonical(fs::absolute(folder ? path : path.parent_path()), error);
  if (error) return path;
  return folder || path.filename() == "model.onnx" ? canonical : canonical / path.filename();
}

std::string model_files(const fs::path& path) {
  const fs::path folder = folder_of(path);
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    files.push_back(entry->path().filename().string() + "/" +
                    std::to_string(entry->file_size(ignored)) + "/" +
                    std::to_string(entry->last_write_time(ignored).time_since_epoch().count()));
  }
  std::ranges::sort(files);
  std::string text;
  for (const std::string& file : files) text += file + "\n";
  return text;
}

LoadedModel read_model(const Backend& backend, const fs::path& path,
                       std::optional<std::int64_t> hidden_layer) {
  const fs::path folder = folder_of(path);
  LoadedModel loaded;
  loaded.files = model_files(path);  // before reading: a write meanwhile counts as a change
  loaded.parts.config = backend.load_config(folder);
  loaded.parts.tokenizer = backend.load_tokenizer(folder);
  loaded.parts.model = backend.load_model(path, {.hidden_layer = hidden_layer});
  loaded.card = read_card(folder);
  const auto& encoder = loaded.parts.model->encoder;
  const std::size_t tokens = loaded.parts.tokenizer->vocabulary_size();
  if (encoder && tokens > encoder->vocabulary)
    throw std::runtime_error(folder.string() + ": the tokenizer knows " + std::to_string(tokens) +
                             " tokens, the model has embeddings for " +
                             std::to_string(encoder->vocabulary));
  return loaded;
}

}  // namespace filigree::serve

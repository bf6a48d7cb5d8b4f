#include "loader/expected_memory.h"

#include <exception>
#include <string>
#include <system_error>

#include "loader/model_cache.h"
#include "loader/model_file.h"
#include "loader/packed_file.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

std::size_t bytes_of(const fs::path& file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return error ? 0 : static_cast<std::size_t>(bytes);
}

// Of the matrices, beside the first.
std::size_t further_copies(const WeightPlacement& placement) {
  const bool replicated = placement.policy == WeightPlacement::Policy::kReplicated;
  return replicated && !placement.nodes.empty() ? placement.nodes.size() - 1 : 0;
}

// 0: there is none, or none that can be used.
std::size_t packed_bytes(const fs::path& file, const LoadOptions& options, std::size_t copies) {
  try {
    const bool is_packed = is_packed_file(file);
    if (!is_packed && options.cache.folder.empty()) return 0;
    const fs::path packed = is_packed ? file : ModelCache(file, options).path();
    const std::size_t bytes = bytes_of(packed);
    if (bytes == 0 || copies == 0) return bytes;
    return bytes + copies * PackedFile(packed).matrix_bytes();
  } catch (const std::exception&) {
    return 0;  // loading will say what is wrong
  }
}

// As exporters name it: model.onnx_data, model.onnx.data.
std::size_t external_bytes(const fs::path& file) {
  const fs::path folder = file.parent_path();
  const std::string name = file.filename().string();
  std::size_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string other = entry->path().filename().string();
    if (other != name && other.starts_with(name)) bytes += bytes_of(entry->path());
  }
  return bytes;
}

}  // namespace

std::size_t expected_memory_bytes(const fs::path& path, const LoadOptions& options) {
  const fs::path file = model_file(path);
  const std::size_t copies = further_copies(options.placement);
  if (const std::size_t packed = packed_bytes(file, options, copies); packed > 0) return packed;
  return (1 + copies) * (bytes_of(file) + external_bytes(file));
}

}  // namespace filigree::loader

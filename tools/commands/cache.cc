// The cache of packed models: what is in it, and away with it.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include "loader/packed_file.h"
#include "serve/config/cache_choice.h"
#include "tools/cli/json.h"
#include "tools/cli/table.h"
#include "tools/commands/commands.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

struct CacheFile {
  fs::path path;
  std::uint64_t bytes = 0;
  bool leftover = false;  // of a process that ended while it wrote
};

fs::path cache_folder(const Arguments& arguments) {
  const fs::path folder = serve::choose_cache_folder(arguments.text("cache-dir"), {});
  if (folder.empty())
    throw UsageError(
        "nothing says where the cache is: give --cache-dir, FILIGREE_CACHE_DIR or HOME");
  return folder;
}

// Only what ModelCache writes, whatever else lies there.
std::vector<CacheFile> files_in(const fs::path& folder) {
  std::vector<CacheFile> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool leftover = name.starts_with('.') && name.find(".packed.") != std::string::npos;
    if (!leftover && !name.ends_with(".packed")) continue;
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    files.push_back({entry.path(), entry.file_size(), leftover});
  }
  if (error && error != std::errc::no_such_file_or_directory)
    throw InputError(folder.string() + ": cannot be read: " + error.message());
  std::ranges::sort(files, {}, &CacheFile::path);
  return files;
}

// What a file was packed for, or why it cannot be used.
std::string described(const CacheFile& file) {
  if (file.leftover) return "unfinished";
  try {
    return loader::PackedFile(file.path).source().options;
  } catch (const std::exception& error) {
    return std::string("cannot be used: ") + error.what();
  }
}

std::uint64_t total(const std::vector<CacheFile>& files) {
  std::uint64_t bytes = 0;
  for (const CacheFile& file : files) bytes += file.bytes;
  return bytes;
}

std::string megabytes(std::uint64_t bytes) {
  return fixed(static_cast<double>(bytes) * 1e-6, 1) + " MB";
}

ExitCode list(const Arguments& arguments, Console& console) {
  const fs::path folder = cache_folder(arguments);
  const std::vector<CacheFile> files = files_in(folder);
  if (arguments.has("json")) {
    Json::Array rows;
    for (const CacheFile& file : files)
      rows.push_back(Json::object({{"file", file.path.filename().string()},
                                   {"bytes", std::size_t{file.bytes}},
                                   {"options", described(file)}}));
    console.out << to_text(Json::object({{"folder", folder.string()}, {"files", std::move(rows)}}))
                << "\n";
    return ExitCode::kOk;
  }
  Table table({{"file", Table::Align::kLeft}, {"size"}, {"packed for", Table::Align::kLeft}});
  for (const CacheFile& file : files)
    table.add({file.path.filename().string(), megabytes(file.bytes), described(file)});
  console.out << folder.string() << ": " << files.size() << " files, " << megabytes(total(files))
              << "\n";
  if (!files.empty()) console.out << table.text();
  return ExitCode::kOk;
}

ExitCode clear(const Arguments& arguments, Console& console) {
  const fs::path folder = cache_folder(arguments);
  const std::vector<CacheFile> files = files_in(folder);
  for (const CacheFile& file : files) {
    std::error_code error;
    fs::remove(file.path, error);
    if (error) throw InputError(file.path.string() + ": cannot be removed: " + error.message());
  }
  if (arguments.has("json"))
    console.out << to_text(Json::object({{"folder", folder.string()},
                                         {"removed", files.size()},
                                         {"bytes", std::size_t{total(files)}}}))
                << "\n";
  else
    console.out << folder.string() << ": removed " << files.size() << " files, "
                << megabytes(total(files)) << "\n";
  return ExitCode::kOk;
}

std::vector<Flag> flags() {
  return {{"cache-dir", "DIR", "the folder (default: that of serve)"}, {"json", "", "print JSON"}};
}

}  // namespace

Command cache_list_command() {
  return {.usage = {.command = "cache list",
                    .summary = "Lists the packed models that serve keeps.",
                    .operands = "",
                    .flags = flags(),
                    .example = "filigree cache list"},
          .run = list};
}

Command cache_clear_command() {
  return {.usage = {.command = "cache clear",
                    .summary = "Removes the packed models that serve keeps; they are made again.",
                    .operands = "",
                    .flags = flags(),
                    .example = "filigree cache clear --cache-dir DIR"},
          .run = clear};
}

}  // namespace filigree::tools

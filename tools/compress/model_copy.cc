#include "tools/compress/model_copy.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <variant>

#include "tools/cli/errors.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;
using serve::Json;

// True of the old file only.
constexpr std::string_view kOfTheOldFile[] = {"evaluation", "sha256"};

void set(Json::Object& card, const std::string& name, Json value) {
  for (Json::Member& member : card)
    if (member.first == name) {
      member.second = std::move(value);
      return;
    }
  card.emplace_back(name, std::move(value));
}

Json changed_card(const Json::Object& old, const CardChange& change) {
  Json::Object card = old;
  std::erase_if(card, [](const Json::Member& member) {
    return std::ranges::find(kOfTheOldFile, member.first) != std::end(kOfTheOldFile);
  });
  Json::Array history;
  if (const Json* before = Json(old).find("changed_by"))
    if (const Json::Array* items = before->as_array()) history = *items;
  history.emplace_back(change.how);
  set(card, "name", change.name);
  set(card, "size_bytes", change.size_bytes);
  for (const auto& [name, value] : change.members) set(card, name, value);
  set(card, "changed_by", std::move(history));
  return card;
}

bool is_copied(const fs::directory_entry& entry, const std::set<std::string>& external_files) {
  const fs::path& path = entry.path();
  return entry.is_regular_file() && path.extension() != ".onnx" &&
         !external_files.contains(path.filename().string());
}

}  // namespace

void copy_model_files(const fs::path& from, const fs::path& to,
                      const std::set<std::string>& external_files) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator it(from, error), end; !error && it != end; it.increment(error))
    if (is_copied(*it, external_files)) files.push_back(it->path());
  if (error) throw InputError(from.string() + ": cannot list the folder: " + error.message());
  std::ranges::sort(files);
  // Through our own writer: a copy of a read-only file must be writable.
  for (const fs::path& file : files) write_file(to / file.filename(), read_file(file));
}

void update_cards(const fs::path& folder, const CardChange& change) {
  if (fs::exists(folder / "card.json")) {
    const auto parsed = serve::parse_json(read_file(folder / "card.json"));
    const Json* card = std::get_if<Json>(&parsed);
    if (card != nullptr && card->is_object())
      write_file(folder / "card.json", to_text(changed_card(*card->as_object(), change)) + "\n");
  }
  const fs::path page = folder / "README.md";
  std::string text = fs::exists(page) ? read_file(page) : "# " + change.name + "\n";
  if (!text.empty() && text.back() != '\n') text += '\n';
  write_file(page, text + "\n" + change.how + "\n");
}

}  // namespace filigree::tools

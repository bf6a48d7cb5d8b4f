// Reads the #include lines of the libraries: kernels, tokenizer <- loader <- runtime <- serve <-
// tools, and what the ISA folders of kernels/ may include, directly or through a header. An inline
// function of the standard library that is compiled for AVX2 is a weak symbol which the linker may
// keep for the whole program. And two types of one name are one for the linker, too.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace filigree {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const fs::path kRoot = FILIGREE_SOURCE_DIR;

struct Include {
  std::string name;
  bool quoted;
};

std::vector<Include> includes_of(const fs::path& file) {
  std::vector<Include> includes;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("#include ") || line.size() < 11) continue;
    const bool quoted = line[9] == '"';
    const std::size_t end = line.find(quoted ? '"' : '>', 10);
    includes.push_back({line.substr(10, end - 10), quoted});
  }
  return includes;
}

std::vector<fs::path> sources_of(const std::string& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cc")
      files.push_back(entry.path().lexically_relative(kRoot));
  return files;
}

std::string folder_of(const std::string& include) { return include.substr(0, include.find('/')); }

// The folders whose headers a folder may include.
const std::map<std::string, Names>& allowed_folders() {
  static const std::map<std::string, Names> allowed = {
      {"kernels", {"kernels"}},
      {"tokenizer", {"tokenizer"}},
      {"loader", {"loader", "kernels"}},
      {"runtime", {"runtime", "loader", "kernels"}},
      {"serve", {"serve", "runtime", "loader", "kernels", "tokenizer"}},
      {"tools", {"tools", "serve", "runtime", "loader", "kernels", "tokenizer"}}};
  return allowed;
}

bool is_forbidden(const std::string& folder, const Include& include) {
  if (!include.quoted) return false;
  if (!allowed_folders().at(folder).contains(folder_of(include.name))) return true;
  return folder != "kernels" && include.name.starts_with("kernels/internal/");
}

// Adds the angle-bracket includes of a file of kernels/ and of every header that it includes.
void collect_system_includes(const std::string& file, Names& visited, Names& system) {
  if (!visited.insert(file).second) return;
  for (const Include& include : includes_of(kRoot / file))
    if (include.quoted)
      collect_system_includes(include.name, visited, system);
    else
      system.insert(include.name);
}

TEST(IncludeDirection, FollowsTheOrderOfTheLibraries) {
  for (const auto& [folder, allowed] : allowed_folders()) {
    const std::vector<fs::path> files = sources_of(folder);
    EXPECT_FALSE(files.empty()) << folder;
    for (const fs::path& file : files)
      for (const Include& include : includes_of(kRoot / file))
        EXPECT_FALSE(is_forbidden(folder, include)) << file << " includes " << include.name;
  }
}

TEST(IncludeDirection, NamesHeadersFromTheRootOfTheRepository) {
  for (const auto& [folder, allowed] : allowed_folders())
    for (const fs::path& file : sources_of(folder))
      for (const Include& include : includes_of(kRoot / file)) {
        if (!include.quoted || !allowed_folders().contains(folder_of(include.name))) continue;
        EXPECT_TRUE(fs::exists(kRoot / include.name)) << file << " includes " << include.name;
      }
}

TEST(IncludeDirection, RecognisesForbiddenEdges) {
  EXPECT_TRUE(is_forbidden("kernels", {"loader/model.h", true}));
  EXPECT_TRUE(is_forbidden("loader", {"tokenizer/utf8.h", true}));
  EXPECT_TRUE(is_forbidden("runtime", {"kernels/internal/math_scalar.h", true}));
  EXPECT_TRUE(is_forbidden("serve", {"json.h", true}));
  EXPECT_FALSE(is_forbidden("runtime", {"kernels/panel.h", true}));
}

TEST(IncludeDirection, KernelsUseNoThreadsFilesOrStreams) {
  const Names forbidden = {"thread",   "mutex",  "condition_variable", "future",   "fstream",
                           "iostream", "cstdio", "filesystem",         "semaphore"};
  for (const fs::path& file : sources_of("kernels"))
    for (const Include& include : includes_of(kRoot / file)) {
      EXPECT_FALSE(forbidden.contains(include.name)) << file << " includes " << include.name;
      EXPECT_TRUE(include.quoted || include.name.find('/') == std::string::npos)
          << file << " includes " << include.name;
    }
}

TEST(IncludeDirection, IsaFoldersIncludeNoTemplatesOfTheStandardLibrary) {
  const Names allowed = {"cassert", "cstddef", "cstdint", "immintrin.h"};
  for (const std::string folder : {"kernels/scalar", "kernels/avx2"})
    for (const fs::path& file : sources_of(folder)) {
      Names visited, system;
      collect_system_includes(file.string(), visited, system);
      for (const std::string& name : system)
        EXPECT_TRUE(allowed.contains(name))
            << file << " includes " << name << ", maybe by a header";
    }
}

// The types that a header defines outside of other types, with their namespaces: "tools::Spread".
Names types_of(const fs::path& header) {
  static const std::regex space(R"(namespace filigree(?:::)?(\S*) \{)");
  static const std::regex type(
      R"((?:template .*)?(?:struct|class|enum|enum class) (?:alignas\(\w+\) )?(\w+)(?: final)?(?: :.*)? \{.*)");
  Names types;
  std::ifstream in(kRoot / header);
  std::smatch found;
  std::string current;
  bool unnamed = false;
  for (std::string line; std::getline(in, line);)
    if (std::regex_match(line, found, space))
      current = found[1];
    else if (line == "namespace {" || line == "}  // namespace")
      unnamed = line == "namespace {";
    else if (!unnamed && std::regex_match(line, found, type))
      types.insert(current + "::" + found[1].str());
  return types;
}

TEST(OneDefinition, OfATypeInTheHeadersOfTheLibraries) {
  std::map<std::string, fs::path> headers;
  for (const auto& [folder, allowed] : allowed_folders())
    for (const fs::path& file : sources_of(folder))
      if (file.extension() == ".h")
        for (const std::string& name : types_of(file)) {
          const auto [first, added] = headers.try_emplace(name, file);
          EXPECT_TRUE(added) << name << " is defined by " << first->second << " and " << file;
        }
  EXPECT_TRUE(headers.contains("kernels::KernelTable"));
  EXPECT_TRUE(headers.contains("serve::RequestReader"));
}

}  // namespace
}  // namespace filigree

// Small text files of /proc and /sys.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::runtime {

// At most the first MiB of the file; nullopt when it cannot be opened or read.
std::optional<std::string> read_small_file(const std::filesystem::path& file);

// The parts of `text` between separators; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);

// `text` in quotes for a message: one line, at most 40 bytes.
std::string excerpt(std::string_view text);

}  // namespace filigree::runtime

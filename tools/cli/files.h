// Whole files, read and written. A written file appears complete or not at all.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace filigree::tools {

// Throws InputError naming the file and the system's reason.
std::string read_file(const std::filesystem::path& file);

// Writes aside in the same folder, then renames over `file`. Throws InputError naming the file;
// nothing is left behind.
void write_file(const std::filesystem::path& file, std::string_view content);
// The same with the pieces one after another.
void write_file(const std::filesystem::path& file, std::span<const std::string_view> pieces);

}  // namespace filigree::tools

// Whole files, read and written. A written file appears complete or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace filigree::tools {

// Throws InputError naming the file and the system's reason.
std::string read_file(const std::filesystem::path& file);

// Writes aside in the same folder, then renames over `file`. Throws InputError naming the file;
// nothing is left behind.
void write_file(const std::filesystem::path& file, std::string_view content);

}  // namespace filigree::tools

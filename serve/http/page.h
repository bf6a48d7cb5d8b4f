// The files of serve/ui, compiled into the program.
#pragma once

#include <span>
#include <string_view>

namespace filigree::serve {

struct PageFile {
  std::string_view name;  // "index.html"
  std::string_view content_type;
  std::string_view bytes;
};

// In the order of their names.
std::span<const PageFile> page_files() noexcept;

}  // namespace filigree::serve

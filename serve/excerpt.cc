#include "serve/excerpt.h"

namespace filigree::serve {
namespace {

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string excerpt(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && continues_code_point(text[most])) --most;
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace filigree::serve

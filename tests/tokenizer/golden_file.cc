#include "tests/tokenizer/golden_file.h"

#include <array>

namespace filigree::tokenizer {
namespace {

void put_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7F) | 0x80));
  out.push_back(static_cast<char>(value));
}

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t kPolynomial = 0xEDB88320;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = byte;
    for (int bit = 0; bit < 8; ++bit)
      table[byte] = (table[byte] >> 1) ^ (kPolynomial & (0U - (table[byte] & 1U)));
  }
  return table;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t crc) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  crc = ~crc;
  for (const char byte : bytes)
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return ~crc;
}

std::string golden_bytes(const Encoding& encoding) {
  std::string out;
  put_number(out, encoding.ids.size());
  std::uint64_t previous = 0;
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    const Offset offset = encoding.offsets[i];
    put_number(out, static_cast<std::uint64_t>(encoding.ids[i]));
    put_number(out, static_cast<std::uint64_t>(encoding.type_ids[i]));
    put_number(out, offset.begin >= previous ? 2 * (offset.begin - previous)
                                             : (2 * (previous - offset.begin)) - 1);
    put_number(out, offset.end - offset.begin);
    previous = offset.end;
  }
  return out;
}

std::string describe(const Tokenizer& tokenizer, const Encoding& encoding) {
  std::string out;
  for (std::size_t i = 0; i < encoding.ids.size(); ++i)
    out += "  " + std::to_string(encoding.ids[i]) + " '" +
           std::string(tokenizer.token(encoding.ids[i])) + "' type " +
           std::to_string(encoding.type_ids[i]) + " [" + std::to_string(encoding.offsets[i].begin) +
           ", " + std::to_string(encoding.offsets[i].end) + ")\n";
  return out;
}

}  // namespace filigree::tokenizer

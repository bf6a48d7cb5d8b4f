#include "tools/analysis/density_png.h"

#include <zlib.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace filigree::tools {
namespace {

struct Rgb {
  unsigned char red, green, blue;
};
constexpr Rgb kColour{47, 111, 237};  // the accent of the page

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::string chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  const uLong sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(sum));
}

std::string deflated(const std::string& data) {
  uLongf size = ::compressBound(data.size());
  std::string compressed(size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
                  reinterpret_cast<const Bytef*>(data.data()), data.size(), 9) != Z_OK)
    throw std::runtime_error("a picture could not be compressed");
  compressed.resize(size);
  return compressed;
}

}  // namespace

std::string density_png(const DensityMap& map) {
  // Eight bits a pixel, an index into a palette of one colour with 256 opacities.
  std::string palette, opacities, pixels;
  for (int level = 0; level < 256; ++level) {
    for (const unsigned char part : {kColour.red, kColour.green, kColour.blue})
      palette += static_cast<char>(part);
    opacities += static_cast<char>(level);
  }
  const double most = map.most();
  for (std::size_t row = 0; row < map.height; ++row) {
    pixels += '\0';  // no filter
    for (std::size_t col = 0; col < map.width; ++col) {
      const double density = double{map.cells[row * map.width + col]};
      pixels += static_cast<char>(most > 0 ? std::lround(255 * density / most) : 0);
    }
  }
  const std::string header = big_endian(static_cast<std::uint32_t>(map.width)) +
                             big_endian(static_cast<std::uint32_t>(map.height)) +
                             std::string("\x08\x03\0\0\0", 5);
  return std::string("\x89PNG\r\n\x1a\n", 8) + chunk("IHDR", header) + chunk("PLTE", palette) +
         chunk("tRNS", opacities) + chunk("IDAT", deflated(pixels)) + chunk("IEND", "");
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
  }
  return text;
}

}  // namespace filigree::tools

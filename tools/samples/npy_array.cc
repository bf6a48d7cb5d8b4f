#include "tools/samples/npy_array.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "loader/error.h"
#include "loader/graph.h"
#include "tools/cli/errors.h"
#include "tools/cli/files.h"
#include "tools/samples/zip_archive.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Tensor;

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kMostDimensions = 8;

std::optional<DataType> data_type(std::string_view descr) {
  constexpr std::pair<std::string_view, DataType> kTypes[] = {
      {"<f4", DataType::kFloat}, {"<f8", DataType::kDouble}, {"<f2", DataType::kFloat16},
      {"<i4", DataType::kInt32}, {"<i8", DataType::kInt64},  {"|i1", DataType::kInt8},
      {"|u1", DataType::kUint8}, {"|b1", DataType::kBool}};
  for (const auto& [name, type] : kTypes)
    if (name == descr) return type;
  return std::nullopt;
}

// The header: a Python dictionary with three known keys, as numpy prints it.
class Header {
 public:
  Header(std::string_view text, const std::string& where) : rest_(text), where_(where) { parse(); }

  DataType type() const { return *type_; }
  const loader::Dims& dims() const { return *dims_; }
  bool is_fortran() const { return *is_fortran_; }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(where_ + ": array header: " + message);
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size()));
  }

  bool accept(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token))
      fail("found " + loader::quoted_name(rest_.substr(0, 20)) + ", expected '" +
           std::string(token) + "'");
  }

  std::string_view string() {
    expect("'");
    const std::string_view text = rest_.substr(0, rest_.find('\''));
    rest_.remove_prefix(text.size());
    expect("'");
    return text;
  }

  bool truth() {
    if (accept("True")) return true;
    expect("False");
    return false;
  }

  loader::Dims shape() {
    loader::Dims dims;
    expect("(");
    while (!accept(")")) {
      if (dims.size() == kMostDimensions)
        fail("more than " + std::to_string(kMostDimensions) + " dimensions");
      skip_blanks();
      std::int64_t dim = 0;
      const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (error != std::errc{} || dim < 0)
        fail("found " + loader::quoted_name(rest_.substr(0, 20)) + ", expected a dimension");
      rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
      dims.push_back(dim);
      if (accept(",")) continue;
      expect(")");
      break;
    }
    return dims;
  }

  template <class Value>
  void set(std::optional<Value>& member, Value value, std::string_view key) {
    if (member) fail("'" + std::string(key) + "' is there twice");
    member = std::move(value);
  }

  void member() {
    const std::string_view key = string();
    expect(":");
    if (key == "descr") {
      const std::string_view descr = string();
      const auto type = data_type(descr);
      if (!type)
        fail("element type " + loader::quoted_name(descr) +
             ", expected <f2, <f4, <f8, <i4, <i8, |i1, |u1 or |b1");
      set(type_, *type, key);
    } else if (key == "fortran_order") {
      set(is_fortran_, truth(), key);
    } else if (key == "shape") {
      set(dims_, shape(), key);
    } else {
      fail("unknown key " + loader::quoted_name(key));
    }
  }

  void parse() {
    expect("{");
    while (!accept("}")) {
      member();
      if (accept(",")) continue;
      expect("}");
      break;
    }
    skip_blanks();
    if (!rest_.empty())
      fail("found " + loader::quoted_name(rest_.substr(0, 20)) + " after the end");
    if (!type_ || !is_fortran_ || !dims_)
      fail("expected the keys 'descr', 'fortran_order' and 'shape'");
  }

  std::string_view rest_;
  const std::string& where_;
  std::optional<DataType> type_;
  std::optional<bool> is_fortran_;
  std::optional<loader::Dims> dims_;
};

}  // namespace

Tensor parse_npy(std::span<const std::byte> bytes, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() < 12 || !text.starts_with(kMagic))
    throw InputError(where + ": not an array of numpy");
  const unsigned version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    throw InputError(where + ": array format " + std::to_string(version) + "." +
                     std::to_string(byte(7)) + ", expected 1.0, 2.0 or 3.0");
  const std::size_t start = version == 1 ? 10 : 12;
  std::size_t length = byte(8) | std::size_t{byte(9)} << 8;
  if (version > 1) length |= std::size_t{byte(10)} << 16 | std::size_t{byte(11)} << 24;
  if (length > text.size() - start)
    throw InputError(where + ": the array header needs " + std::to_string(length) + " bytes, " +
                     std::to_string(text.size() - start) + " left");
  const Header header(text.substr(start, length), where);
  const loader::Dims& dims = header.dims();
  if (header.is_fortran() && std::ranges::count_if(dims, [](auto dim) { return dim > 1; }) > 1)
    throw InputError(where + ": the array is in Fortran order, expected C order");
  try {
    // Checks that the data is as long as the header says, before anything is allocated.
    return Tensor(header.type(), dims, bytes.subspan(start + length));
  } catch (const loader::FormatError& error) {
    throw InputError(where + ": " + error.what());
  }
}

std::vector<NamedArray> parse_npz(std::span<const std::byte> bytes, const std::string& where) {
  std::vector<NamedArray> arrays;
  for (const ZipEntry& entry : read_zip(bytes, where)) {
    std::string name = entry.name;
    if (!name.ends_with(".npy"))
      throw InputError(where + ": entry " + loader::quoted_name(name) +
                       " is not an array, expected a name that ends with .npy");
    name.resize(name.size() - 4);
    arrays.push_back(
        {name, parse_npy(entry.content, where + ": entry " + loader::quoted_name(name))});
  }
  return arrays;
}

std::vector<NamedArray> read_npz(const std::filesystem::path& file) {
  const std::string content = read_file(file);
  return parse_npz(std::as_bytes(std::span(content)), file.string());
}

}  // namespace filigree::tools

#include "loader/packed_table.h"

#include <algorithm>
#include <utility>

#include "loader/error.h"
#include "loader/packed_parameters.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

Tensor shifted_to_unsigned(const Tensor& table) {
  Tensor result(DataType::kUint8, table.dims());
  std::ranges::transform(table.data<std::int8_t>(), result.mutable_data<std::uint8_t>().begin(),
                         [](std::int8_t q) { return static_cast<std::uint8_t>(q + 128); });
  return result;
}

Tensor first_row_repeated(const Tensor& table) {
  std::vector<std::byte> bytes(table.bytes().begin(), table.bytes().end());
  const std::size_t row = bytes.size() / static_cast<std::size_t>(table.dims()[0]);
  for (std::size_t start = row; start < bytes.size(); start += row)
    std::copy_n(bytes.begin(), row, bytes.begin() + static_cast<std::ptrdiff_t>(start));
  return Tensor(table.type(), table.dims(), bytes);
}

kernels::TableType table_type(const TableMatch& match, const Tensor& table) {
  const bool quantized = match.dequantize != nullptr;
  if (quantized && table.type() == DataType::kUint8) return kernels::TableType::kU8;
  if (!quantized && table.type() == DataType::kFloat) return kernels::TableType::kF32;
  if (!quantized && table.type() == DataType::kFloat16) return kernels::TableType::kF16;
  throw Mismatch(*match.gather,
                 "a table of type " + std::string(data_type_name(table.type())) +
                     (quantized ? " behind" : " without") + " DequantizeLinear",
                 "FLOAT, FLOAT16, or UINT8 or INT8 behind DequantizeLinear");
}

}  // namespace

Embeddings::Table pack_table(const GraphIndex& index, const TableMatch& match, std::size_t width) {
  Tensor table = *index.constant(match.table);
  const Dims dims = table.dims();
  if (dims[0] <= 0 || dims[1] != static_cast<std::int64_t>(width))
    throw FormatError(describe(*match.gather) + ": table " + quoted_name(match.table) +
                      " has shape " + shape_text(dims) + ", expected [rows, " +
                      std::to_string(width) + "]");
  kernels::Quantization values{1, 0};
  if (match.dequantize != nullptr)
    values = quantization(index, *match.dequantize, input_name(*match.dequantize, 1),
                          input_name(*match.dequantize, 2));
  const bool is_signed = table.type() == DataType::kInt8;
  if (is_signed) {
    table = shifted_to_unsigned(table);
    // Without a zero point it is 0, which moves too; with one, quantization() has moved it.
    if (input_name(*match.dequantize, 2).empty()) values.zero_point = 128;
  }
  if (match.rows == TableRows::kOnlyFirst) table = first_row_repeated(table);
  Embeddings::Table packed{.input = match.input, .name = match.table, .tensor = table, .view = {}};
  packed.view = {.type = table_type(match, packed.tensor),
                 .data = packed.tensor.bytes().data(),
                 .rows = static_cast<std::size_t>(dims[0]),
                 .width = width,
                 .scale = values.scale,
                 .zero_point = values.zero_point};
  return packed;
}

}  // namespace filigree::loader

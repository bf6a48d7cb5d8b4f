#include "kernels/kernel_table.h"

#include <cassert>
#include <stdexcept>
#include <string>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/kernels_avx512_vnni.h"
#include "kernels/internal/kernels_scalar.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kTables = 4;

template <class Fn>
void inherit(Fn*& slot, Fn* from) noexcept {
  if (slot == nullptr) slot = from;
}

// `table` with its empty slots taken from `weaker`.
KernelTable inheriting(KernelTable table, const KernelTable& weaker) noexcept {
  inherit(table.dense_f32, weaker.dense_f32);
  inherit(table.unstructured_f32, weaker.unstructured_f32);
  inherit(table.block_1x4_f32, weaker.block_1x4_f32);
  inherit(table.block_4x1_f32, weaker.block_4x1_f32);
  inherit(table.dense_i8, weaker.dense_i8);
  inherit(table.groups_i8, weaker.groups_i8);
  inherit(table.unstructured_i8, weaker.unstructured_i8);
  inherit(table.attention_f32, weaker.attention_f32);
  inherit(table.attention_i8, weaker.attention_i8);
  inherit(table.softmax, weaker.softmax);
  inherit(table.layer_norm, weaker.layer_norm);
  inherit(table.gelu, weaker.gelu);
  inherit(table.quantize, weaker.quantize);
  inherit(table.embedding, weaker.embedding);
  return table;
}

// Every table that exists, weakest first, whether or not this CPU can run it.
std::span<const KernelTable, kTables> all_tables() noexcept {
  static const KernelTable avx2 = inheriting(kAvx2Table, kScalarTable);
  static const KernelTable avx512 = inheriting(kAvx512Table, avx2);
  static const KernelTable tables[kTables] = {kScalarTable, avx2, avx512,
                                              inheriting(kAvx512VnniTable, avx512)};
  return tables;
}

std::string supported_names() {
  std::string names;
  for (const KernelTable& table : supported_tables())
    names.append(names.empty() ? "" : ", ").append(isa_name(table.isa));
  return names;
}

}  // namespace

LinearF32Fn* linear_f32(const KernelTable& table, WeightFormat format) noexcept {
  assert(is_float(format));
  switch (format) {
    case WeightFormat::kUnstructuredF32:
      return table.unstructured_f32;
    case WeightFormat::kBlock1x4F32:
      return table.block_1x4_f32;
    case WeightFormat::kBlock4x1F32:
      return table.block_4x1_f32;
    default:
      return table.dense_f32;
  }
}

LinearI8Fn* linear_i8(const KernelTable& table, WeightFormat format) noexcept {
  assert(!is_float(format));
  switch (format) {
    case WeightFormat::kGroupsI8:
      return table.groups_i8;
    case WeightFormat::kUnstructuredI8:
      return table.unstructured_i8;
    default:
      return table.dense_i8;
  }
}

std::span<const KernelTable> supported_tables() noexcept {
  const auto tables = all_tables();
  std::size_t count = 0;
  while (count < tables.size() && cpu_supports(tables[count].isa)) ++count;
  return tables.first(count);
}

const KernelTable& table_for(Isa isa) {
  for (const KernelTable& table : supported_tables())
    if (table.isa == isa) return table;
  throw std::invalid_argument("this CPU or its operating system lacks instruction set '" +
                              std::string(isa_name(isa)) +
                              "'; supported here: " + supported_names());
}

}  // namespace filigree::kernels

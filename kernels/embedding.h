// Sums rows of embedding tables into one panel:
//   out[f,t] = (table0[id0[t]][f] + table1[id1[t]][f]) + table2[id2[t]][f] ...
// in the order of the tables, where an f16 entry is converted exactly and a u8 entry means float(q
// - zero_point) * scale, computed in that order. Ids must be valid row numbers (the caller has
// checked). noexcept, allocates nothing; bits equal on every ISA.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace filigree::kernels {

enum class TableType : std::uint8_t { kF32, kF16, kU8 };

struct EmbeddingTable {  // a view
  TableType type;
  const void* data;  // [rows][width], row-major
  std::size_t rows;
  std::size_t width;
  float scale;  // kU8 only
  std::int32_t zero_point;
};

struct EmbeddingArgs {
  const EmbeddingTable* tables;    // [table_count], equal widths
  std::size_t table_count;         // >= 1
  const std::int32_t* const* ids;  // [table_count][tokens]
  std::size_t tokens;              // 1..kPanelTokens
  float* out;                      // panel [width][T]
};

using EmbeddingFn = void(const EmbeddingArgs&) noexcept;

}  // namespace filigree::kernels

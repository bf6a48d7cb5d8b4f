// Embedding tables as the kernels read them. Tables stay in the type of the file: float, float16 or
// u8.
#pragma once

#include "loader/model.h"
#include "loader/pattern/embeddings.h"

namespace filigree::loader {

// s8 tables become u8 ones with the zero point moved by 128. A table of which the graph only reads
// the first row becomes one in which every row is the first, so that token types change nothing, as
// in the graph. Throws FormatError when the width is not `width`, Mismatch for another type.
Embeddings::Table pack_table(const GraphIndex& index, const TableMatch& match, std::size_t width);

}  // namespace filigree::loader

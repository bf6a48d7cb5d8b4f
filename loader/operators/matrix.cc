#include "loader/operators/matrix.h"

#include <string>

namespace filigree::loader {

MatrixShape matrix_shape(const Dims& a, const Dims& b) {
  if (a.empty() || b.empty()) throw FormatError("an operand is a scalar, expected a matrix");
  const bool a_is_row = a.size() == 1;
  const bool b_is_column = b.size() == 1;
  const std::int64_t inner_a = a.back();
  const std::int64_t inner_b = b_is_column ? b[0] : b[b.size() - 2];
  if (inner_a != inner_b)
    throw FormatError("matrices " + shape_text(a) + " and " + shape_text(b) +
                      " differ in the inner dimension");
  MatrixShape shape{};
  const std::int64_t rows = a_is_row ? 1 : a[a.size() - 2];
  const std::int64_t cols = b_is_column ? 1 : b.back();
  if (!a_is_row) shape.batch_a.assign(a.begin(), a.end() - 2);
  if (!b_is_column) shape.batch_b.assign(b.begin(), b.end() - 2);
  shape.batch = broadcast_dims(shape.batch_a, shape.batch_b);
  shape.result = shape.batch;
  if (!a_is_row) shape.result.push_back(rows);
  if (!b_is_column) shape.result.push_back(cols);
  shape.rows = static_cast<std::size_t>(rows);
  shape.inner = static_cast<std::size_t>(inner_a);
  shape.cols = static_cast<std::size_t>(cols);
  // One matrix for the whole batch, as a weight is: the batch is then only more rows.
  if (element_count(shape.batch_b) == 1 && shape.batch_a == shape.batch) {
    shape.rows *= extent(shape.batch, 0, shape.batch.size());
    shape.batch_a = shape.batch_b = shape.batch = {};
  }
  return shape;
}

}  // namespace filigree::loader

#include "tools/comparison/tensor_element.h"

#include <cmath>
#include <cstdint>
#include <limits>

namespace filigree::tools {

using loader::DataType;

double element(const loader::Tensor& tensor, std::size_t i) noexcept {
  switch (tensor.type()) {
    case DataType::kFloat:
      return double{tensor.data<float>()[i]};
    case DataType::kDouble:
      return tensor.data<double>()[i];
    case DataType::kInt64:
      return static_cast<double>(tensor.data<std::int64_t>()[i]);
    case DataType::kInt32:
      return tensor.data<std::int32_t>()[i];
    case DataType::kInt8:
      return tensor.data<std::int8_t>()[i];
    case DataType::kUint8:
      return tensor.data<std::uint8_t>()[i];
    case DataType::kBool:
      return tensor.data<bool>()[i] ? 1 : 0;
    case DataType::kFloat16:
      return double{loader::half_to_float(tensor.half_bits()[i])};
  }
  return 0;
}

double difference_of(double a, double b) noexcept {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::fabs(a - b);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

}  // namespace filigree::tools

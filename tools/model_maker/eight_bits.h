// Floats as bytes: scales, zero points, rounding.
#pragma once

#include <cstdint>

#include "loader/tensor.h"
#include "tools/model_maker/calibration.h"

namespace filigree::tools {

// A tensor and what its bytes mean: (byte - zero_point) * scale.
struct ByteTensor {
  loader::Tensor bytes;       // UINT8 or INT8
  loader::Tensor zero_point;  // a scalar of the same type
  float scale = 1;
};

enum class ByteSign { kUnsigned, kSigned };

// Zero point 128 or, signed, 0; 127 steps to either side, rounded half to even: no weight is
// clipped, 0 stays 0.
ByteTensor symmetric_bytes(const loader::Tensor& weights, ByteSign sign);
// Unsigned; 255 steps from the smallest to the largest element.
ByteTensor asymmetric_bytes(const loader::Tensor& table);

struct ByteScale {
  float scale = 1;
  std::uint8_t zero_point = 0;
};

// For activations: a sixteenth wider than `range`, since other inputs reach further, and only
// eight significant bits, so that a last bit of exp or erf that another C library rounds
// differently does not show in a file.
ByteScale activation_scale(const Range& range);

// Of probabilities, so that their scale is 1 / 255: those of a short sequence come up to 1.
Range probability_range();

}  // namespace filigree::tools

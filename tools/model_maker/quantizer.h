// Rewrites a float encoder to eight bits, in the forms in which SparseML and others exported them.
#pragma once

#include <string>
#include <vector>

#include "tools/model_maker/calibration.h"
#include "tools/model_maker/eight_bits.h"
#include "tools/model_maker/float_model.h"

namespace filigree::tools {

struct QuantizedForm {
  enum class Linear {
    kInteger,  // QuantizeLinear, MatMulInteger, Cast, Mul, and the bias
    kQdq,      // Q and DQ before MatMul, DQ behind the weight, float bias
    kDynamic   // DynamicQuantizeLinear, MatMulInteger, Cast, Mul, float bias
  };
  enum class Bias {
    kIntegerBeforeScale,  // int32, added to the sums; kInteger only
    kFloatAfterScale
  };
  enum class Product {
    kInteger,  // MatMulInteger, Cast, Mul
    kQlinear,  // QLinearMatMul, what moves its elements, DequantizeLinear
    kQdq,      // Q and DQ before MatMul
    kFloat
  };
  enum class Head { kFloat, kAsLinear, kQlinear };  // kQlinear: float bias after DequantizeLinear
  enum class Leftover { kNone, kPairs };            // Q and DQ before residual sums and activations
  enum class Scalars { kRankZero, kOneElement };    // shape of scales and zero points: () or (1,)

  Linear linear = Linear::kInteger;
  Bias bias = Bias::kIntegerBeforeScale;
  Product product = Product::kInteger;
  Head head = Head::kFloat;
  ByteSign weights = ByteSign::kUnsigned;
  Leftover leftover = Leftover::kNone;
  Scalars scalars = Scalars::kRankZero;
};

// Precondition: a precision of eight bits.
QuantizedForm form_of(Precision precision);

// The values whose ranges quantized() needs, in the order in which the graph computes them.
std::vector<std::string> observed_values(const FloatModel& model, const QuantizedForm& form);

// Embedding tables become UINT8; weights have one scale for each matrix. Needs `ranges` of what is
// quantised alone. Linear layers are MatMul and perhaps Add of an initializer, or Gemm. Throws
// std::invalid_argument when an initializer has the name of a new one.
loader::Graph quantized(FloatModel model, const Ranges& ranges, const QuantizedForm& form);

}  // namespace filigree::tools

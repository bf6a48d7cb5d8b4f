// Rewrites a float encoder to eight bits, in the forms in which SparseML exported them.
#pragma once

#include <string>
#include <vector>

#include "tools/model_maker/calibration.h"
#include "tools/model_maker/float_model.h"

namespace filigree::tools {

struct QuantizedForm {
  enum class Bias {
    kIntegerBeforeScale,  // int32, added to the sums
    kFloatAfterScale
  };
  Bias bias = Bias::kIntegerBeforeScale;
};

// The values that become eight bits, in the order in which the graph computes them: inputs of
// linear layers and operands of products of two activations.
std::vector<std::string> quantized_values(const FloatModel& model);

// Static quantisation: every MatMul becomes QuantizeLinear, MatMulInteger, [Add,] Cast, Mul[, Add];
// embedding tables are u8 behind Gather and DequantizeLinear; weights u8 with zero point 128, one
// scale for each matrix. `ranges` has every quantized_values() name.
loader::Graph quantized(FloatModel model, const Ranges& ranges, const QuantizedForm& form);

}  // namespace filigree::tools

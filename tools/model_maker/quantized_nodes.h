// The nodes of which quantised forms consist, added to a graph.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/model_maker/calibration.h"
#include "tools/model_maker/eight_bits.h"
#include "tools/model_maker/quantizer.h"

namespace filigree::tools {

// Functions return the name of the value that they add.
class QuantizedNodes {
 public:
  // `graph` and `ranges` must outlive this object.
  QuantizedNodes(loader::Graph& graph, const Ranges& ranges, QuantizedForm::Scalars scalars)
      : graph_(graph), ranges_(ranges), scalars_(scalars) {}

  std::string emit(const std::string& op, std::vector<std::string> inputs,
                   const std::string& output, std::vector<loader::Attribute> attributes = {});
  std::string constant(const std::string& name, loader::Tensor value);
  std::string to_float(const std::string& sums, const std::string& name);  // Cast
  std::string number(const std::string& name, float value);                // in the shape of scales

  // Names of what eight bits consist of, and the scale itself.
  struct Bytes {
    std::string bytes, scale, zero_point;
    float factor = 1;
  };
  // A value behind QuantizeLinear; quantised once, however many read it.
  const Bytes& quantize(const std::string& value);
  // The same and back: what a value is after eight bits.
  std::string fake_quantize(const std::string& value);
  // Scale and zero point for what another node quantises: `bytes` is empty.
  Bytes scale_for(const std::string& name, const Range& range);
  // Replaces the float initializer `name`.
  Bytes store(const std::string& name, ByteTensor tensor);
  std::string dequantize(const Bytes& bytes, const std::string& output);

  // Values known to lie in [0, 1] whatever the samples were.
  void add_probabilities(const std::string& value) { probabilities_.insert(value); }

 private:
  loader::Tensor shaped(loader::Tensor scalar) const;

  loader::Graph& graph_;
  const Ranges& ranges_;
  const QuantizedForm::Scalars scalars_;
  std::map<std::string, Bytes> quantized_;
  std::map<std::string, std::string> dequantized_;
  std::set<std::string> probabilities_;
};

}  // namespace filigree::tools

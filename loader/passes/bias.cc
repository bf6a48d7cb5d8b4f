#include "loader/passes/bias.h"

#include "loader/error.h"

namespace filigree::loader {

bool is_bias(const Node& node, const std::string& name, const Tensor& constant,
             std::int64_t outputs) {
  const Dims& dims = constant.dims();
  const std::int64_t last = dims.empty() ? 1 : dims.back();
  if (last != outputs && last != 1 && outputs != 1)
    throw FormatError(node_text(node) + " (" + node.op_type + "): bias " + quoted_name(name) +
                      " has shape " + shape_text(dims) + ", expected [" + std::to_string(outputs) +
                      "]");
  return !dims.empty() && last == outputs && constant.size() == static_cast<std::size_t>(outputs);
}

}  // namespace filigree::loader

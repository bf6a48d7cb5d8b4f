#include "loader/operators/element_type.h"

namespace filigree::loader {

void check_same_type(const Tensor& a, const Tensor& b) {
  if (a.type() != b.type())
    throw FormatError("element types " + std::string(data_type_name(a.type())) + " and " +
                      std::string(data_type_name(b.type())) + " differ");
}

}  // namespace filigree::loader

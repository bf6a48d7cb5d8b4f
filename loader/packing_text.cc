#include "loader/packing_text.h"

#include "kernels/isa.h"

namespace filigree::loader {
namespace {

// Raised when the loader recognises more: a model that is kept as one for the interpreter is then
// packed anew.
constexpr int kKnownForms = 2;

}  // namespace

std::string packing_text(const LoadOptions& options) {
  std::string text = "isa " + std::string(kernels::isa_name(options.isa)) + " formats " +
                     std::to_string(static_cast<int>(options.formats)) + " recognition " +
                     std::to_string(static_cast<int>(options.recognition)) + " l1 " +
                     std::to_string(kernels::l1_data_cache_bytes()) + " forms " +
                     std::to_string(kKnownForms);
  if (options.hidden_layer) text += " layer " + std::to_string(*options.hidden_layer);
  if (options.imposed.zeros > 0) text += " " + what_if_text(options.imposed);
  return text;
}

}  // namespace filigree::loader

#include "serve/config/task_kwargs.h"

namespace filigree::serve {

void read_kwargs(const KwargsText& kwargs, TextClassificationOptions& options) {
  constexpr std::string_view kRead[] = {"top_k", "return_all_scores"};
  const Fields& fields = kwargs.fields;
  options.sequence_length =
      read_common_kwargs(kwargs, {kRead, {}}).value_or(options.sequence_length);
  options.top_k = fields.count("top_k", 1).value_or(options.top_k);
  options.return_all_scores =
      fields.boolean("return_all_scores").value_or(options.return_all_scores);
}

}  // namespace filigree::serve

#include "serve/config/task_kwargs.h"

namespace filigree::serve {

void read_kwargs(const KwargsText& kwargs, TokenClassificationOptions& options) {
  constexpr std::string_view kRead[] = {"aggregation_strategy", "ignore_labels"};
  const Fields& fields = kwargs.fields;
  options.sequence_length =
      read_common_kwargs(kwargs, {kRead, {}}).value_or(options.sequence_length);
  if (const auto name = fields.text("aggregation_strategy")) {
    const auto strategy = parse_aggregation(*name);
    if (!strategy)
      fields.fail(
          fields.line_of("aggregation_strategy"),
          "aggregation_strategy is '" + *name + "', expected none, simple, first, average or max");
    options.aggregation = *strategy;
  }
  if (auto labels = fields.texts("ignore_labels")) options.ignore_labels = std::move(*labels);
}

}  // namespace filigree::serve

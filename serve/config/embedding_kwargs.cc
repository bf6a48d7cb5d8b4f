#include <cstdint>

#include "serve/config/task_kwargs.h"

namespace filigree::serve {
namespace {

void read_layer(const Fields& fields, EmbeddingOptions& options) {
  constexpr std::string_view kKey = "emb_extraction_layer";
  // find() tells null from absent as little as the other keys do; here null has a meaning.
  for (const auto& [key, value] : fields.members()) {
    if (key.scalar != kKey) continue;
    const Json layer = to_json(value);
    const std::int64_t* number = layer.as_integer();
    if (!layer.is_null() && number == nullptr)
      fields.fail(value.line, quoted(kKey) + " is " + describe(value) +
                                  ", expected the number of a layer (-1 for the last) or null; "
                                  "names of nodes are not supported");
    options.layer = number == nullptr ? std::nullopt : std::optional(*number);
  }
}

}  // namespace

void read_kwargs(const KwargsText& kwargs, EmbeddingOptions& options) {
  constexpr std::string_view kRead[] = {"emb_extraction_layer", "extraction_strategy"};
  // Answers are JSON, and the model knows its size.
  constexpr std::string_view kWithoutEffect[] = {"return_numpy", "model_size"};
  const Fields& fields = kwargs.fields;
  options.sequence_length =
      read_common_kwargs(kwargs, {kRead, kWithoutEffect}).value_or(options.sequence_length);
  read_layer(fields, options);
  if (const auto name = fields.text("extraction_strategy")) {
    const auto extraction = parse_extraction(*name);
    if (!extraction)
      fields.fail(fields.line_of("extraction_strategy"),
                  "extraction_strategy is '" + *name +
                      "', expected per_token, reduce_mean, reduce_max or cls_token");
    options.extraction = *extraction;
  }
}

}  // namespace filigree::serve

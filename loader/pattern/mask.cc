#include "loader/pattern/mask.h"

#include <cstddef>
#include <optional>
#include <string_view>

#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

// Masks written by hand use -10000; exporters write the smallest finite float or -infinity.
constexpr float kHiddenScore = -1e4F;

enum class Effect { kKeeps, kHides, kOther };

Effect effect(const Tensor& mask, std::size_t i, MaskKind kind) {
  if (kind != MaskKind::kAdded)
    return mask.data<bool>()[i] == (kind == MaskKind::kTrueKeeps) ? Effect::kKeeps : Effect::kHides;
  const float value = mask.data<float>()[i];
  if (value == 0) return Effect::kKeeps;
  return value <= kHiddenScore ? Effect::kHides : Effect::kOther;
}

// The strides with which a tensor is read under [batch, heads, queries, keys]; nullopt when it does
// not broadcast.
std::optional<Dims> broadcast_strides(const Dims& dims, std::int64_t batch, std::int64_t tokens) {
  if (dims.size() > 4) return std::nullopt;
  const std::int64_t wanted[] = {batch, -1, tokens, tokens};
  Dims strides(4, 0);
  std::int64_t stride = 1;
  for (std::size_t back = 1; back <= dims.size(); ++back) {
    const std::int64_t dim = dims[dims.size() - back];
    // A mask of its own for each head would be no padding mask: head 0 stands for all when there is
    // one.
    if (dim != 1 && dim != wanted[4 - back]) return std::nullopt;
    strides[4 - back] = dim == 1 ? 0 : stride;
    stride *= dim;
  }
  return strides;
}

std::string effect_text(Effect effect) {
  switch (effect) {
    case Effect::kKeeps:
      return "kept";
    case Effect::kHides:
      return "hidden";
    default:
      return "changed by a number that is neither 0 nor at most -1e4";
  }
}

// "[1, 0, 1]"
template <class IsKept>
std::string mask_text(std::int64_t b, std::int64_t tokens, IsKept is_kept) {
  std::string text;
  for (std::int64_t token = 0; token < tokens; ++token)
    text.append(text.empty() ? "[" : ", ").append(is_kept(b, token) ? "1" : "0");
  return text + "]";
}

// Columns for which `is_kept(b, token)` are kept, the others hidden.
template <class IsKept>
void check_sample(Sample& sample, const Node& reader, const std::string& mask, MaskKind kind,
                  IsKept is_kept) {
  const Tensor& values = sample.run.value(mask);
  const DataType type = kind == MaskKind::kAdded ? DataType::kFloat : DataType::kBool;
  const std::optional<Dims> strides = broadcast_strides(values.dims(), sample.batch, sample.tokens);
  if (values.type() != type || !strides)
    throw Mismatch(reader,
                   "a mask of type " + std::string(data_type_name(values.type())) + " and shape " +
                       shape_text(values.dims()) + " for " + std::to_string(sample.batch) + " x " +
                       std::to_string(sample.tokens) + " tokens",
                   std::string(data_type_name(type)) +
                       " that broadcasts to [batch, 1, tokens, "
                       "tokens]");
  for (std::int64_t b = 0; b < sample.batch; ++b)
    for (std::int64_t query = 0; query < sample.tokens; ++query)
      for (std::int64_t key = 0; key < sample.tokens && is_kept(b, query); ++key) {
        const std::int64_t i = b * (*strides)[0] + query * (*strides)[2] + key * (*strides)[3];
        const Effect found = effect(values, static_cast<std::size_t>(i), kind);
        const Effect expected = is_kept(b, key) ? Effect::kKeeps : Effect::kHides;
        if (found != expected)
          throw Mismatch(reader,
                         "a mask under which key " + std::to_string(key) + " of " +
                             mask_text(b, sample.tokens, is_kept) + " is " + effect_text(found) +
                             " for query " + std::to_string(query),
                         "one under which it is " + effect_text(expected));
      }
}

}  // namespace

void check_mask(SampleContext& context, const Node& reader, const std::string& mask,
                MaskKind kind) {
  const std::set<std::string> inputs = content_inputs(context.index(), mask);
  for (const std::string& input : inputs)
    if (inputs.size() > 1 || context.zero_inputs().contains(input))
      throw Mismatch(reader, "a mask that depends on the input " + quoted_name(input),
                     "one that depends on one input, which is not of the embeddings");
  for (Sample& sample : context.samples())
    check_sample(sample, reader, mask, kind, [](std::int64_t, std::int64_t) { return true; });
  if (inputs.empty()) return;
  check_sample(context.masked(*inputs.begin()), reader, mask, kind, SampleContext::is_kept);
}

void check_replacement(SampleContext& context, const Node& reader, const std::string& value) {
  const std::optional<double> number = context.scalar(value);
  if (!number || !(*number <= static_cast<double>(kHiddenScore)))
    throw Mismatch(reader,
                   number ? "scores replaced by " + std::to_string(*number)
                          : "scores replaced by the value " + quoted_name(value),
                   "a number of at most -1e4");
}

}  // namespace filigree::loader

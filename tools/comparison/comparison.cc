#include "tools/comparison/comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "runtime/batch_runner.h"
#include "runtime/encoder_trace.h"
#include "runtime/request.h"
#include "runtime/worker_group.h"
#include "tools/comparison/tensor_element.h"

namespace filigree::tools {
namespace {

using loader::Tensor;
using runtime::Sequence;
using runtime::Stage;
using runtime::StageValues;

void add_value(double a, double b, bool same, const std::string& where,
               TensorDifference& difference) {
  ++difference.values;
  if (!std::isnan(a)) difference.largest_value = std::max(difference.largest_value, std::fabs(a));
  if (same) return;
  ++difference.different;
  const double size = difference_of(a, b);
  if (size <= difference.largest && !difference.where.empty()) return;
  difference.largest = size;
  difference.where = where;
  difference.a = a;
  difference.b = b;
}

// How the u8 values of a stage are to be read; nullopt for floats.
std::optional<kernels::Quantization> quantization_of(const loader::Encoder& encoder,
                                                     const StageValues& values) {
  if (!values.is_u8) return std::nullopt;
  const loader::EncoderLayer& layer = encoder.layers[values.layer];
  switch (values.stage) {
    case Stage::kQuery:
      return layer.integer_attention->q;
    case Stage::kKey:
      return layer.integer_attention->k;
    case Stage::kValue:
      return layer.integer_attention->v;
    default:
      return layer.ffn_out.input;
  }
}

double number(float stored, const std::optional<kernels::Quantization>& quantization) {
  if (!quantization) return double{stored};
  return (double{stored} - quantization->zero_point) * double{quantization->scale};
}

bool same_float(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// "sequence 1" of an index that is put together only where something differs.
std::string place(std::size_t sequence, const std::string& rest) {
  return "sequence " + std::to_string(sequence) + ", " + rest;
}

void add_stage(const loader::Encoder& encoder_a, const StageValues& a,
               const loader::Encoder& encoder_b, const StageValues& b, std::size_t sequence,
               TensorDifference& difference) {
  const auto read_a = quantization_of(encoder_a, a);
  const auto read_b = quantization_of(encoder_b, b);
  const bool same_reading =
      read_a.has_value() == read_b.has_value() &&
      (!read_a || (read_a->scale == read_b->scale && read_a->zero_point == read_b->zero_point));
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const bool same = same_reading && same_float(a.values[i], b.values[i]);
    add_value(number(a.values[i], read_a), number(b.values[i], read_b), same,
              same ? std::string()
                   : place(sequence, "token " + std::to_string(i / a.features) + ", feature " +
                                         std::to_string(i % a.features)),
              difference);
  }
}

void add_output(const Tensor& a, const Tensor& b, std::size_t sequence,
                TensorDifference& difference) {
  if (a.type() != b.type() || a.dims() != b.dims())
    throw std::runtime_error(difference.name + " has shape " + loader::shape_text(a.dims()) +
                             " of " + std::string(loader::data_type_name(a.type())) + " in A and " +
                             loader::shape_text(b.dims()) + " of " +
                             std::string(loader::data_type_name(b.type())) + " in B");
  const std::size_t bytes = loader::element_bytes(a.type());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same = std::ranges::equal(a.bytes().subspan(i * bytes, bytes),
                                         b.bytes().subspan(i * bytes, bytes));
    add_value(element(a, i), element(b, i), same,
              same ? std::string() : place(sequence, "value " + std::to_string(i)), difference);
  }
}

// One side, ready to compute sequence after sequence.
class Runner {
 public:
  Runner(const char* name, const Side& side)
      : name_(name),
        side_(side),
        group_(runtime::Places(side.threads)),
        runner_(*side.table, {.batch_tokens = 1, .threads = side.threads}) {}

  std::vector<Tensor> outputs(const Sequence& sequence, std::size_t number) {
    runtime::Request request;
    request.model = side_.model;
    request.sequences = {sequence};
    const std::string where = std::string(name_) + ", sequence " + std::to_string(number) + ": ";
    if (const auto error = request_error(request)) throw std::runtime_error(where + *error);
    const Sequence* view = &sequence;
    auto result = std::move(runner_.run(*side_.model, {&view, 1}, group_).front());
    if (!result.error.empty()) throw std::runtime_error(where + result.error);
    return std::move(result.output.tensors);
  }

  runtime::Trace trace(const Sequence& sequence) const {
    return runtime::trace_batch(*side_.table, *side_.model->encoder, {&sequence, 1}, side_.threads)
        .front();
  }

 private:
  const char* name_;
  const Side& side_;
  runtime::WorkerGroup group_;
  runtime::BatchRunner runner_;
};

std::string shape_of(const loader::Encoder& encoder) {
  return std::to_string(encoder.layers.size()) + " layers of " +
         std::to_string(encoder.hidden_size) + " and " + std::to_string(encoder.intermediate_size);
}

// Why the encoders cannot be compared stage by stage; "" when they can.
std::string obstacle(const loader::Model& a, const loader::Model& b) {
  for (const auto& [name, model] : {std::pair{"A", &a}, {"B", &b}})
    if (!model->encoder) return std::string(name) + " has no recognised encoder";
  if (shape_of(*a.encoder) == shape_of(*b.encoder)) return "";
  return "A has " + shape_of(*a.encoder) + ", B " + shape_of(*b.encoder);
}

std::vector<std::pair<std::size_t, std::size_t>> common_outputs(const loader::Model& a,
                                                                const loader::Model& b) {
  std::vector<std::pair<std::size_t, std::size_t>> common;
  for (std::size_t i = 0; i < a.output_names.size(); ++i) {
    const auto found = std::ranges::find(b.output_names, a.output_names[i]);
    if (found != b.output_names.end())
      common.emplace_back(i, static_cast<std::size_t>(found - b.output_names.begin()));
  }
  if (common.empty()) throw std::runtime_error("the models have no output of the same name");
  return common;
}

std::string stage_text(const StageValues& stage) {
  if (stage.stage == Stage::kEmbeddings) return std::string(runtime::stage_name(stage.stage));
  return "layer " + std::to_string(stage.layer) + ", " +
         std::string(runtime::stage_name(stage.stage));
}

}  // namespace

Comparison compare(const Side& a, const Side& b, const std::vector<Sequence>& sequences,
                   const ComparisonOptions& options) {
  Comparison comparison;
  if (options.compared == Compared::kEverything) comparison.note = obstacle(*a.model, *b.model);
  const bool encoders = options.compared == Compared::kEverything && comparison.note.empty();
  const auto common = common_outputs(*a.model, *b.model);
  Runner runner_a("A", a), runner_b("B", b);
  std::vector<TensorDifference> stages, outputs(common.size());
  for (std::size_t number = 0; number < sequences.size(); ++number) {
    const std::vector<Tensor> from_a = runner_a.outputs(sequences[number], number);
    const std::vector<Tensor> from_b = runner_b.outputs(sequences[number], number);
    for (std::size_t i = 0; i < common.size(); ++i) {
      outputs[i].name = "output '" + a.model->output_names[common[i].first] + "'";
      add_output(from_a[common[i].first], from_b[common[i].second], number, outputs[i]);
    }
    if (encoders) {
      const runtime::Trace trace_a = runner_a.trace(sequences[number]);
      const runtime::Trace trace_b = runner_b.trace(sequences[number]);
      stages.resize(trace_a.size());
      for (std::size_t i = 0; i < trace_a.size(); ++i) {
        stages[i].name = stage_text(trace_a[i]);
        add_stage(*a.model->encoder, trace_a[i], *b.model->encoder, trace_b[i], number, stages[i]);
      }
    }
    if (!options.carry_on(number + 1)) break;
  }
  comparison.tensors = std::move(stages);
  comparison.tensors.insert(comparison.tensors.end(), outputs.begin(), outputs.end());
  return comparison;
}

bool same_bits(const Comparison& comparison) {
  return std::ranges::all_of(comparison.tensors,
                             [](const TensorDifference& tensor) { return tensor.different == 0; });
}

double largest_difference(const Comparison& comparison) {
  double largest = 0;
  for (const TensorDifference& tensor : comparison.tensors)
    largest = std::max(largest, tensor.largest);
  return largest;
}

}  // namespace filigree::tools

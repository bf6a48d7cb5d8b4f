#include "runtime/c_api/arguments.h"
#include "runtime/c_api/handles.h"
#include "runtime/c_api/status.h"

namespace filigree::runtime {
namespace {

void check_lengths(const filigree_batch& batch) {
  if (batch.sequence_count > batch.token_count)
    throw std::invalid_argument("batch.sequence_count is " + std::to_string(batch.sequence_count) +
                                ", more than batch.token_count, " +
                                std::to_string(batch.token_count));
  if (batch.sequence_count != 0) required(batch.lengths, "batch.lengths");
  std::size_t left = batch.token_count;
  for (std::size_t i = 0; i < batch.sequence_count; ++i) {
    if (batch.lengths[i] > left)
      throw std::invalid_argument("batch.lengths[" + std::to_string(i) + "] is " +
                                  std::to_string(batch.lengths[i]) + ", but batch.token_count (" +
                                  std::to_string(batch.token_count) + ") leaves " +
                                  std::to_string(left) + " tokens for it");
    left -= batch.lengths[i];
  }
  if (left != 0)
    throw std::invalid_argument("batch.token_count is " + std::to_string(batch.token_count) +
                                ", expected the sum of batch.lengths, " +
                                std::to_string(batch.token_count - left));
}

std::vector<Sequence> sequences_of(const filigree_batch& batch) {
  check_lengths(batch);
  if (batch.token_count != 0) required(batch.ids, "batch.ids");
  std::vector<Sequence> sequences(batch.sequence_count);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::size_t end = begin + batch.lengths[i];
    sequences[i].ids.assign(batch.ids + begin, batch.ids + end);
    if (batch.type_ids != nullptr)
      sequences[i].type_ids.assign(batch.type_ids + begin, batch.type_ids + end);
    begin = end;
  }
  return sequences;
}

void check_answered(const Response& response) {
  if (response.status == Status::kOk) return;
  const bool full = response.status == Status::kQueueFull;
  throw StatusError(full ? FILIGREE_BUSY : FILIGREE_FAILED, response.message);
}

filigree_result* run(Engine& engine, const filigree_model& model, const filigree_batch& batch) {
  Request request;
  request.model = model.model;
  request.sequences = sequences_of(batch);
  if (const auto error = request_error(request)) throw std::invalid_argument(*error);
  Response response = engine.run(std::move(request));
  check_answered(response);
  return new filigree_result{model.model, std::move(response)};
}

const SequenceOutput& sequence_output(const Response& response, std::size_t sequence) {
  if (sequence < response.sequences.size()) return response.sequences[sequence];
  throw std::invalid_argument("sequence is " + std::to_string(sequence) + ", the result has " +
                              std::to_string(response.sequences.size()));
}

filigree_tensor tensor_view(const loader::Tensor& tensor) {
  return {.struct_size = sizeof(filigree_tensor),
          .type = static_cast<filigree_type>(tensor.type()),
          .rank = tensor.dims().size(),
          .dims = tensor.dims().data(),
          .data = tensor.bytes().data(),
          .bytes = tensor.bytes().size()};
}

std::uint64_t nanoseconds(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace
}  // namespace filigree::runtime

using filigree::runtime::fill_struct_of_caller;
using filigree::runtime::guarded;
using filigree::runtime::nanoseconds;
using filigree::runtime::output_named;
using filigree::runtime::required;
using filigree::runtime::sequence_output;
using filigree::runtime::SequenceOutput;
using filigree::runtime::struct_of_caller;
using filigree::runtime::tensor_view;

extern "C" {

filigree_status filigree_run(filigree_engine* engine, const filigree_model* model,
                             const filigree_batch* batch, filigree_result** result,
                             filigree_error** error) {
  return guarded(error, [&] {
    *required(result, "result") = nullptr;
    *result = filigree::runtime::run(required(engine, "engine")->engine, *required(model, "model"),
                                     struct_of_caller(batch, "batch"));
  });
}

void filigree_result_free(filigree_result* result) { delete result; }

size_t filigree_result_sequence_count(const filigree_result* result) {
  return result == nullptr ? 0 : result->response.sequences.size();
}

uint64_t filigree_result_queued_ns(const filigree_result* result) {
  return result == nullptr ? 0 : nanoseconds(result->response.timing.queued);
}

uint64_t filigree_result_compute_ns(const filigree_result* result) {
  return result == nullptr ? 0 : nanoseconds(result->response.timing.compute);
}

filigree_status filigree_result_output(const filigree_result* result, size_t sequence,
                                       const char* name, filigree_tensor* tensor,
                                       filigree_error** error) {
  return guarded(error, [&] {
    const SequenceOutput& output = sequence_output(required(result, "result")->response, sequence);
    fill_struct_of_caller(tensor_view(output_named(*result->model, output, required(name, "name"))),
                          tensor, "tensor");
  });
}

}  // extern "C"

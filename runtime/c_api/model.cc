#include "loader/model.h"

#include "runtime/c_api/arguments.h"
#include "runtime/c_api/handles.h"
#include "runtime/c_api/status.h"

using filigree::runtime::guarded;
using filigree::runtime::required;

namespace {

const char* text_at(const std::vector<std::string>& texts, std::size_t index) {
  return index < texts.size() ? texts[index].c_str() : nullptr;
}

}  // namespace

extern "C" {

filigree_status filigree_model_load(const char* path, filigree_model** model,
                                    filigree_error** error) {
  return guarded(error, [&] {
    *required(model, "model") = nullptr;
    *model = new filigree_model{filigree::loader::load_model(required(path, "path"))};
  });
}

void filigree_model_free(filigree_model* model) { delete model; }

size_t filigree_model_memory_bytes(const filigree_model* model) {
  return model == nullptr ? 0 : model->model->memory_bytes;
}

size_t filigree_model_max_tokens(const filigree_model* model) {
  if (model == nullptr || !model->model->encoder) return 0;
  return model->model->encoder->max_positions;
}

size_t filigree_model_output_count(const filigree_model* model) {
  return model == nullptr ? 0 : model->model->output_names.size();
}

const char* filigree_model_output_name(const filigree_model* model, size_t index) {
  return model == nullptr ? nullptr : text_at(model->model->output_names, index);
}

size_t filigree_model_warning_count(const filigree_model* model) {
  return model == nullptr ? 0 : model->model->warnings.size();
}

const char* filigree_model_warning(const filigree_model* model, size_t index) {
  return model == nullptr ? nullptr : text_at(model->model->warnings, index);
}

}  // extern "C"

// The kernels of one instruction set, as plain function pointers: what a table.cc fills in.
#pragma once

#include "kernels/attention.h"
#include "kernels/embedding.h"
#include "kernels/gelu.h"
#include "kernels/isa_kind.h"
#include "kernels/layer_norm.h"
#include "kernels/linear.h"
#include "kernels/quantize.h"
#include "kernels/softmax.h"

namespace filigree::kernels {

// In the tables that kernels/kernel_table.h hands out no slot is null.
struct KernelTable {
  Isa isa = Isa::kScalar;
  LinearF32Fn* dense_f32 = nullptr;
  LinearF32Fn* unstructured_f32 = nullptr;
  LinearF32Fn* block_1x4_f32 = nullptr;
  LinearF32Fn* block_4x1_f32 = nullptr;
  LinearI8Fn* dense_i8 = nullptr;
  LinearI8Fn* groups_i8 = nullptr;
  LinearI8Fn* unstructured_i8 = nullptr;
  AttentionF32Fn* attention_f32 = nullptr;
  AttentionI8Fn* attention_i8 = nullptr;
  SoftmaxFn* softmax = nullptr;
  LayerNormFn* layer_norm = nullptr;
  GeluFn* gelu = nullptr;
  QuantizeFn* quantize = nullptr;
  EmbeddingFn* embedding = nullptr;
};

}  // namespace filigree::kernels

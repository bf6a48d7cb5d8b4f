// A loaded model: the recognised encoder with packed weights, and whatever remains of the graph for the interpreter.
// Immutable after loading and shared by threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/embedding.h"
#include "kernels/kernel_table.h"
#include "kernels/linear.h"
#include "kernels/packed_weights.h"
#include "loader/graph.h"
#include "loader/huge_pages.h"
#include "loader/imposed_sparsity.h"
#include "loader/shared_tensors.h"

namespace filigree::loader {

// y = act(W x + bias) (+ residual), W [rows = outputs][cols = inputs]. Quantised when `input` is set: then x is
// quantised with *input, weights are int8, and scale / offset are per row (kernels/linear.h).
struct Linear {
  std::string name;                  // of the weight initializer
  kernels::PackedWeights weights;
  std::vector<float> bias;           // empty: none (an int32 bias of the file is inside offset)
  std::optional<kernels::Quantization> input;
  std::vector<float> scale;
  std::vector<std::int32_t> offset;
  // Of a Q/DQ pair between the product and the bias of an int8 layer: x W becomes the nearest one of its 256 values.
  std::optional<kernels::Quantization> rounding = {};
};

struct LayerNorm {
  std::vector<float> gamma, beta;
  float eps = 0;
  // Of a Q/DQ pair that everybody reads the result through: each value becomes the nearest one of its 256.
  std::optional<kernels::Quantization> rounding = {};
};

// Set when the attention products are integer (kernels/attention.h); else attention is float.
struct IntegerAttention {
  kernels::Quantization q, k, p, v;
  float out_scale = 0;   // the graph's own constant for p.scale * v.scale
  // Of products that are rounded to bytes (QLinearMatMul): score_scale and out_scale are then those of the bytes.
  std::optional<kernels::Requantization> score_rounding = {}, out_rounding = {};
};

struct EncoderLayer {
  Linear query, key, value, attention_output, ffn_in, ffn_out;   // ffn_in has the activation
  LayerNorm attention_norm, output_norm;                         // after the residual additions (post-LN)
  kernels::Activation activation = kernels::Activation::kGelu;
  float score_scale = 0;  // what raw scores are multiplied by: 1/sqrt(d), in integer form times scale_q * scale_k, or the scale of rounded scores
  std::optional<IntegerAttention> integer_attention;
};

enum class EmbeddingInput { kWord, kTokenType, kPosition };

// tables are summed in this order, then normalised (when norm is set).
struct Embeddings {
  struct Table {
    EmbeddingInput input;
    std::string name;
    Tensor tensor;                   // keeps the bytes of `view` alive
    kernels::EmbeddingTable view;
  };
  std::vector<Table> tables;
  std::optional<LayerNorm> norm;
};

struct Encoder {
  std::size_t hidden_size = 0, heads = 0, head_size = 0, intermediate_size = 0;
  std::size_t vocabulary = 0, max_positions = 0;
  Embeddings embeddings;
  std::vector<EncoderLayer> layers;
  std::string output;  // name of the last hidden state, [batch, tokens, hidden], in the graph `rest`
  // Intermediate states that `rest` also reads (rare), by value name and layer, are refused by recognition.
};

// One line for `inspect` and /v2: what a matrix was and how it is stored.
struct MatrixInfo {
  std::string name;
  std::size_t rows = 0, cols = 0, nonzeros = 0, packed_bytes = 0;
  std::string form;    // "fp32", "fp16", "int8 static (SparseML)", "int8 static (Q/DQ)"
  std::string kernel;  // "dense_f32", "unstructured_f32", "dense_i8", "groups_i8", "unstructured_i8"
};

// Another copy of a model's encoder, of which the packed weights lie on a NUMA node.
struct EncoderCopy {
  int node = 0;
  std::unique_ptr<HugePages> memory;  // of the weights of `encoder`, which goes before it does
  Encoder encoder;
};

struct Model {
  // Of the packed weights below, which go before it does.
  std::unique_ptr<HugePages> weight_memory = std::make_unique<HugePages>();
  std::string file;
  std::optional<Encoder> encoder;  // nullopt: everything runs on the interpreter
  Graph rest;                      // nodes after the encoder (or all nodes) with their initializers
  std::vector<std::string> input_names, output_names;   // of the ONNX graph
  std::vector<std::string> warnings;  // for example why no encoder was recognised: names the first node that did not match
  std::vector<MatrixInfo> matrices;
  std::size_t file_bytes = 0;
  std::size_t memory_bytes = 0;    // packed weights and their copies, tables and initializers of `rest`
  // Of the tables and initializers above those that other models may have too, each once.
  std::vector<std::shared_ptr<const SharedBlock>> blocks;
  // With weights that are replicated: `encoder` is the copy of the first node, these are the others.
  std::vector<EncoderCopy> copies;
};

// The copy of the encoder on `node`, or model.encoder when there is none. All compute the same bits. Requires
// model.encoder. Thread-safe.
const Encoder& encoder_on(const Model& model, int node) noexcept;

// How many of memory_bytes other models use at this moment, too. Thread-safe.
std::size_t shared_bytes(const Model& model) noexcept;

struct LoadOptions {
  // Formats are chosen for the kernels of this instruction set; any other computes the same bits, slower.
  kernels::Isa isa = kernels::supported_tables().back().isa;
  // Overrides the cost model for every matrix, for tests and benchmarks. Sparse int8 weights are in 1x4 groups with
  // kSparse and single ones with kUnstructured; fp32 weights are single ones with both.
  enum class Formats { kCostModel, kDense, kSparse, kUnstructured } formats = Formats::kCostModel;
  // What if the matrices of the encoder were sparser? The model then says so in its warnings: its answers mean nothing.
  ImposedSparsity imposed = {};
  // The model's only output is the hidden state after this layer of the encoder, [batch, tokens, hidden]: 0 the first
  // layer, -1 the last. Later layers and the head are dropped. Needs an encoder that is recognised.
  std::optional<std::int64_t> hidden_layer = {};
  enum class Recognition { kEncoder, kNone } recognition = Recognition::kEncoder;  // kNone: all on the interpreter
  // That read and pack weights; the model is the same for any number. Each holds one matrix of the file at a time.
  std::size_t threads = 1;
  // load_model() only: where packed models are kept from one load to the next; empty: nowhere. Whatever is wrong with
  // the folder or a file in it, the model is loaded from its own file and says so in its warnings.
  struct Cache {
    std::filesystem::path folder = {};
    bool verify = false;  // compare the bytes of the model and of the packed file with what they were
  } cache = {};
  // NUMA nodes of the packed weights; what cannot be had is a warning of the model.
  WeightPlacement placement = {};
};

// Reads `path`: an .onnx file, a packed one (loader/portable_model.h), or a folder with model.onnx or model.filigree.
// Throws FormatError, also for a hidden_layer that the model does not have.
std::shared_ptr<const Model> load_model(const std::filesystem::path& path, const LoadOptions& options = {});

// The same from a graph in memory; file_bytes stays 0.
std::shared_ptr<const Model> make_model(const Graph& graph, const LoadOptions& options = {});

}  // namespace filigree::loader

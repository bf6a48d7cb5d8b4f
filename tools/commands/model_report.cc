#include "tools/commands/model_report.h"

#include <map>
#include <sstream>

#include "loader/model_file.h"
#include "loader/onnx_file.h"
#include "loader/packed_file.h"
#include "tools/cli/files.h"
#include "tools/cli/json.h"
#include "tools/cli/table.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

using loader::MatrixInfo;

std::string megabytes(std::size_t bytes) {
  return fixed(static_cast<double>(bytes) / 1e6, 1) + " MB";
}

double zeros(std::size_t nonzeros, std::size_t elements) {
  return elements == 0 ? 0 : 1 - static_cast<double>(nonzeros) / static_cast<double>(elements);
}

Json card_beside(const fs::path& model) {
  const fs::path card = model.parent_path() / "card.json";
  if (!fs::exists(card)) return {};
  return json_of(read_file(card), card.string());
}

struct Totals {
  std::size_t elements = 0, nonzeros = 0, packed_bytes = 0;
};

Totals totals_of(const loader::Model& model) {
  Totals totals;
  for (const MatrixInfo& matrix : model.matrices) {
    totals.elements += matrix.rows * matrix.cols;
    totals.nonzeros += matrix.nonzeros;
    totals.packed_bytes += matrix.packed_bytes;
  }
  return totals;
}

// Of tables and constants that exist once in a process, whatever the number of models with them.
std::size_t shareable_bytes(const loader::Model& model) {
  std::size_t bytes = 0;
  for (const auto& block : model.blocks) bytes += block->tensor.bytes().size();
  return bytes;
}

// "random" or "trained" as the card says, "" when it does not.
std::string weights_of(const Json& card) {
  const Json* weights = card.find("weights");
  const std::string* text = weights == nullptr ? nullptr : weights->as_string();
  return text == nullptr ? "" : *text;
}

std::string value_text(const loader::ValueInfo& value) {
  if (!value.type && value.dims.empty()) return value.name;
  std::string text = value.name + " ";
  text += value.type ? loader::data_type_name(*value.type) : "untyped";
  text += " [";
  for (std::size_t i = 0; i < value.dims.size(); ++i)
    text += (i == 0 ? "" : ", ") + (value.dims[i] ? std::to_string(*value.dims[i]) : "any");
  return text + "]";
}

// Operator type -> how many.
std::map<std::string, std::size_t> operators(const loader::Graph& graph) {
  std::map<std::string, std::size_t> counts;
  for (const loader::Node& node : graph.nodes) ++counts[node.op_type];
  return counts;
}

std::string operators_text(const loader::Graph& graph) {
  std::string text;
  for (const auto& [type, count] : operators(graph))
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + type;
  return text.empty() ? "none" : text;
}

const char* activation_name(kernels::Activation activation) {
  return activation == kernels::Activation::kGelu ? "gelu" : "none";
}

bool has_integer_attention(const loader::Encoder& encoder) {
  return !encoder.layers.empty() && encoder.layers.front().integer_attention.has_value();
}

const char* attention_name(const loader::Encoder& encoder) {
  if (!has_integer_attention(encoder)) return "float attention";
  const loader::IntegerAttention& integer = *encoder.layers.front().integer_attention;
  return integer.score_rounding || integer.out_rounding
             ? "integer attention with products rounded to bytes"
             : "integer attention";
}

void encoder_lines(const loader::Encoder& encoder, std::ostream& out) {
  out << "encoder:     " << encoder.layers.size() << " layers, hidden " << encoder.hidden_size
      << ", " << encoder.heads << " heads of " << encoder.head_size << ", intermediate "
      << encoder.intermediate_size;
  if (!encoder.layers.empty())
    out << ", activation " << activation_name(encoder.layers.front().activation);
  out << ", " << attention_name(encoder) << "\n"
      << "vocabulary:  " << encoder.vocabulary << ", at most " << encoder.max_positions
      << " positions\n";
}

std::string matrix_table(const std::vector<MatrixInfo>& matrices) {
  using Align = Table::Align;
  Table table({{"matrix", Align::kLeft},
               {"outputs x inputs"},
               {"zeros"},
               {"form", Align::kLeft},
               {"kernel", Align::kLeft},
               {"packed"}});
  for (const MatrixInfo& matrix : matrices)
    table.add({matrix.name, std::to_string(matrix.rows) + " x " + std::to_string(matrix.cols),
               fixed(100 * zeros(matrix.nonzeros, matrix.rows * matrix.cols), 1) + " %",
               matrix.form, matrix.kernel,
               fixed(static_cast<double>(matrix.packed_bytes) / 1e3, 0) + " kB"});
  return table.text();
}

}  // namespace

ModelReport read_report(const std::filesystem::path& path, const loader::LoadOptions& options) {
  const fs::path file = loader::model_file(path);
  ModelReport report{.signature = {}, .packed_for = {}, .model = {}, .card = card_beside(file)};
  if (!loader::is_packed_file(file)) report.signature = loader::read_onnx_structure(file);
  report.model = loader::load_model(file, options);
  if (!loader::is_packed_file(file)) return report;
  report.packed_for = loader::PackedFile(file).source().isa;
  report.signature.opset = report.model->rest.opset;
  report.signature.nodes = report.model->rest.nodes;
  for (const std::string& name : report.model->input_names)
    report.signature.inputs.push_back({name, std::nullopt, {}});
  for (const std::string& name : report.model->output_names)
    report.signature.outputs.push_back({name, std::nullopt, {}});
  return report;
}

std::string summary_text(const ModelReport& report) {
  const loader::Model& model = *report.model;
  std::ostringstream out;
  out << "file:        " << model.file << ", " << megabytes(model.file_bytes);
  if (report.packed_for.empty())
    out << ", opset " << report.signature.opset << ", " << report.signature.nodes.size()
        << " nodes\n";
  else
    out << ", packed for " << report.packed_for << "\n";
  if (const std::string weights = weights_of(report.card); !weights.empty())
    out << "weights:     " << weights << " (card.json)\n";
  for (const auto& value : report.signature.inputs)
    out << "input:       " << value_text(value) << "\n";
  for (const auto& value : report.signature.outputs)
    out << "output:      " << value_text(value) << "\n";
  if (model.encoder) {
    encoder_lines(*model.encoder, out);
  } else {
    out << "encoder:     not recognised; every node is interpreted\n";
  }
  out << "interpreted: " << operators_text(model.rest) << "\n";
  const Totals totals = totals_of(model);
  out << "memory:      " << megabytes(model.memory_bytes) << ", of it packed matrices "
      << megabytes(totals.packed_bytes) << ", tables that other models can share "
      << megabytes(shareable_bytes(model)) << "\n"
      << "zeros:       " << fixed(100 * zeros(totals.nonzeros, totals.elements), 1) << " % of "
      << totals.elements << " weights in " << model.matrices.size() << " matrices\n";
  for (const std::string& warning : model.warnings) out << "warning:     " << warning << "\n";
  return out.str();
}

std::string report_text(const ModelReport& report) {
  const std::string summary = summary_text(report);
  if (report.model->matrices.empty()) return summary;
  return summary + "\n" + matrix_table(report.model->matrices);
}

namespace {

Json json_of(const loader::ValueInfo& value) {
  Json::Array dims;
  for (const auto& dim : value.dims) {
    Json& item = dims.emplace_back();  // null: any
    if (dim) item = *dim;
  }
  Json json = Json::object({{"name", value.name}, {"dims", std::move(dims)}});
  if (value.type) json.add("type", loader::data_type_name(*value.type));
  return json;
}

Json json_of(const std::vector<loader::ValueInfo>& values) {
  Json::Array items;
  for (const loader::ValueInfo& value : values) items.push_back(json_of(value));
  return items;
}

Json json_of(const loader::Encoder& encoder) {
  Json json = Json::object({{"layers", encoder.layers.size()},
                            {"hidden_size", encoder.hidden_size},
                            {"heads", encoder.heads},
                            {"head_size", encoder.head_size},
                            {"intermediate_size", encoder.intermediate_size},
                            {"vocabulary", encoder.vocabulary},
                            {"max_positions", encoder.max_positions},
                            {"integer_attention", has_integer_attention(encoder)}});
  if (!encoder.layers.empty())
    json.add("activation", activation_name(encoder.layers.front().activation));
  return json;
}

Json json_of(const MatrixInfo& matrix) {
  return Json::object({{"name", matrix.name},
                       {"rows", matrix.rows},
                       {"cols", matrix.cols},
                       {"nonzeros", matrix.nonzeros},
                       {"zeros", zeros(matrix.nonzeros, matrix.rows * matrix.cols)},
                       {"packed_bytes", matrix.packed_bytes},
                       {"form", matrix.form},
                       {"kernel", matrix.kernel}});
}

}  // namespace

std::string report_json(const ModelReport& report) {
  const loader::Model& model = *report.model;
  const Totals totals = totals_of(model);
  Json::Object interpreted;
  for (const auto& [type, count] : operators(model.rest)) interpreted.emplace_back(type, count);
  Json::Array warnings, matrices;
  for (const std::string& warning : model.warnings) warnings.emplace_back(warning);
  for (const MatrixInfo& matrix : model.matrices) matrices.push_back(json_of(matrix));
  Json json = Json::object({{"file", model.file},
                            {"file_bytes", model.file_bytes},
                            {"opset", report.signature.opset},
                            {"nodes", report.signature.nodes.size()},
                            {"inputs", json_of(report.signature.inputs)},
                            {"outputs", json_of(report.signature.outputs)},
                            {"interpreted", std::move(interpreted)},
                            {"memory_bytes", model.memory_bytes},
                            {"packed_bytes", totals.packed_bytes},
                            {"shareable_bytes", shareable_bytes(model)},
                            {"weights", totals.elements},
                            {"zeros", zeros(totals.nonzeros, totals.elements)},
                            {"warnings", std::move(warnings)},
                            {"card", report.card},
                            {"matrices", std::move(matrices)}});
  if (!report.packed_for.empty()) json.add("packed_for", report.packed_for);
  if (model.encoder) json.add("encoder", json_of(*model.encoder));
  return serve::to_text(json) + "\n";
}

}  // namespace filigree::tools

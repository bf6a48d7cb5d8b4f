// Every model of tests/data/made_models/models.json: the same bytes as when the goldens were made,
// an encoder that the loader recognises (unless the list says that it does not know the form), and
// the outputs of ONNX Runtime (tests/golden/make_made_model_goldens.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "loader/interpreter.h"
#include "loader/model.h"
#include "loader/onnx_file.h"
#include "runtime/engine.h"
#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Tensor;

const std::filesystem::path kFolder =
    std::filesystem::path(FILIGREE_SOURCE_DIR) / "tests/data/made_models";

// Both engines compute in float and sum in different orders; for Q/DQ pairs one of them sums floats
// and the other integers, which differs by as little (192 terms: at most 192 / 2^24 of the sum of
// their magnitudes). A value so near to a rounding boundary that it would fall on the other side
// is in none of the goldens.
constexpr double kTolerance = 1e-4;

struct Listed {
  std::string name, flags;
  bool interpreted;
};

void PrintTo(const Listed& listed, std::ostream* out) { *out << listed.name; }

std::vector<Listed> listed_models() {
  const auto parsed = serve::parse_json(read_file(kFolder / "models.json"));
  std::vector<Listed> models;
  for (const serve::Json& model : *std::get<serve::Json>(parsed).as_array())
    models.push_back({*model.find("name")->as_string(), *model.find("flags")->as_string(),
                      model.find("interpreted") != nullptr});
  return models;
}

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

std::vector<std::int32_t> narrowed(const Tensor& tensor) {
  std::vector<std::int32_t> values;
  for (const std::int64_t value : tensor.data<std::int64_t>())
    values.push_back(static_cast<std::int32_t>(value));
  return values;
}

class MadeModel : public testing::TestWithParam<Listed> {
 protected:
  void SetUp() override {
    model_ = models_.make("model", GetParam().flags);
    golden_ = loader::read_onnx(kFolder / (GetParam().name + ".golden.onnx")).initializers;
  }

  const Tensor& golden(const std::string& name, std::size_t number) const {
    return golden_.at(name + "_" + std::to_string(number));
  }

  void expect_close(const Tensor& got, const std::string& name, std::size_t number) const {
    const Tensor& want = golden(name, number);
    ASSERT_EQ(got.dims(), want.dims());
    double largest = 1;
    for (const float value : want.data<float>())
      largest = std::max(largest, std::fabs(double{value}));
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(got.data<float>()[i], want.data<float>()[i], kTolerance * largest)
          << name << " of sequence " << number << " at " << i;
  }

  static constexpr std::size_t kSequences = 2;
  MadeModels models_;
  std::filesystem::path model_;
  loader::Values golden_;
};

TEST_P(MadeModel, HasTheBytesThatOnnxRuntimeRan) {
  const auto want = static_cast<std::uint64_t>(golden_.at("fingerprint").data<std::int64_t>()[0]);
  EXPECT_EQ(fnv1a(read_file(model_ / "model.onnx")), want)
      << "make-model writes another file than before; if that is meant, make the goldens again";
}

TEST_P(MadeModel, GivesTheOutputsOfOnnxRuntimeWhenLoaded) {
  const auto model = loader::load_model(model_);
  EXPECT_NE(model->encoder.has_value(), GetParam().interpreted);
  const bool is_qdq = GetParam().flags.ends_with("--precision qdq");
  for (const loader::MatrixInfo& matrix : model->matrices)
    EXPECT_EQ(matrix.form == "int8 static (Q/DQ)", is_qdq) << matrix.name << ": " << matrix.form;
  runtime::EngineOptions options;
  options.cores = 1;
  runtime::Engine engine(options);
  runtime::Request request;
  request.model = model;
  for (std::size_t i = 0; i < kSequences; ++i) {
    runtime::Sequence sequence;
    sequence.ids = narrowed(golden("ids", i));
    if (golden_.contains("type_ids_0")) sequence.type_ids = narrowed(golden("type_ids", i));
    request.sequences.push_back(std::move(sequence));
  }
  const runtime::Response response = engine.run(std::move(request));
  ASSERT_EQ(response.status, runtime::Status::kOk) << response.message;
  for (std::size_t i = 0; i < kSequences; ++i)
    for (std::size_t output = 0; output < model->output_names.size(); ++output)
      expect_close(response.sequences[i].tensors[output], model->output_names[output], i);
}

TEST_P(MadeModel, GivesTheOutputsOfOnnxRuntimeWhenInterpreted) {
  const loader::Graph graph = loader::read_onnx(model_ / "model.onnx");
  std::vector<std::string> names;
  for (const loader::ValueInfo& output : graph.outputs) names.push_back(output.name);
  for (std::size_t i = 0; i < kSequences; ++i) {
    loader::Values feeds{{"input_ids", golden("ids", i)}};
    Tensor mask(DataType::kInt64, golden("ids", i).dims());
    std::ranges::fill(mask.mutable_data<std::int64_t>(), 1);
    feeds.emplace("attention_mask", mask);
    if (golden_.contains("type_ids_0")) feeds.emplace("token_type_ids", golden("type_ids", i));
    const std::vector<Tensor> outputs = loader::run_graph(graph, feeds, names);
    for (std::size_t output = 0; output < names.size(); ++output)
      expect_close(outputs[output], names[output], i);
  }
}

INSTANTIATE_TEST_SUITE_P(Listed, MadeModel, testing::ValuesIn(listed_models()),
                         [](const auto& listed) { return listed.param.name; });

}  // namespace
}  // namespace filigree::tools

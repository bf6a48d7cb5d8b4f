#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "loader/error.h"
#include "loader/model.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Names = std::vector<std::string>;

class EveryFixture : public testing::TestWithParam<Fixture> {};

TEST_P(EveryFixture, IsRecognizedWithItsSizes) {
  const Fixture& fixture = GetParam();
  const auto model = load_model(fixture_file(fixture.name));
  EXPECT_TRUE(model->warnings.empty()) << model->warnings.front();
  ASSERT_TRUE(model->encoder);
  const Encoder& encoder = *model->encoder;
  EXPECT_EQ(encoder.layers.size(), fixture.layers);
  EXPECT_EQ(encoder.hidden_size, fixture.hidden);
  EXPECT_EQ(encoder.heads, fixture.heads);
  EXPECT_EQ(encoder.head_size, fixture.head_size);
  EXPECT_EQ(encoder.intermediate_size, fixture.intermediate);
  EXPECT_EQ(encoder.vocabulary, 60U);
  EXPECT_EQ(encoder.max_positions, 24U);
  EXPECT_EQ(encoder.embeddings.tables.size(), fixture.tables);
  EXPECT_TRUE(encoder.embeddings.norm);
  EXPECT_EQ(model->matrices.size(), 6 * fixture.layers);
  for (const EncoderLayer& layer : encoder.layers) {
    EXPECT_EQ(layer.integer_attention.has_value(), fixture.integer && !fixture.float_attention);
    EXPECT_EQ(layer.query.input.has_value(), fixture.integer);
  }
}

TEST_P(EveryFixture, KeepsOnlyTheHeadForTheInterpreter) {
  const auto model = load_model(fixture_file(GetParam().name));
  ASSERT_TRUE(model->encoder);
  EXPECT_LE(model->rest.nodes.size(), 9U);
  const auto reads = [&](const ValueInfo& input) { return input.name == model->encoder->output; };
  EXPECT_TRUE(std::ranges::any_of(model->rest.inputs, reads));
  const std::int64_t hidden = static_cast<std::int64_t>(GetParam().hidden);
  const Values feeds = {{model->encoder->output, Tensor(DataType::kFloat, {1, 5, hidden})}};
  const std::vector<Tensor> outputs = run_graph(model->rest, feeds, model->output_names);
  EXPECT_EQ(outputs.size(), model->output_names.size());
}

TEST_P(EveryFixture, EndsAfterTheHiddenLayerThatIsAskedFor) {
  const Fixture& fixture = GetParam();
  const auto layers = static_cast<std::int64_t>(fixture.layers);
  const std::int64_t hidden = static_cast<std::int64_t>(fixture.hidden);
  const auto whole = load_model(fixture_file(fixture.name));
  for (std::int64_t layer = -layers; layer < layers; ++layer) {
    SCOPED_TRACE(layer);
    const auto model = load_model(fixture_file(fixture.name), {.hidden_layer = layer});
    ASSERT_TRUE(model->encoder);
    const std::size_t kept = static_cast<std::size_t>(layer < 0 ? layer + layers : layer) + 1;
    EXPECT_EQ(model->encoder->layers.size(), kept);
    EXPECT_EQ(model->matrices.size(), 6 * kept);
    EXPECT_EQ(model->output_names, Names{model->encoder->output});
    EXPECT_EQ(model->encoder->output == whole->encoder->output, kept == fixture.layers);
    EXPECT_TRUE(model->rest.nodes.empty());
    EXPECT_LE(model->memory_bytes, whole->memory_bytes);
    const Values feeds = {{model->encoder->output, Tensor(DataType::kFloat, {1, 5, hidden})}};
    EXPECT_EQ(run_graph(model->rest, feeds, model->output_names).at(0).dims(),
              (Dims{1, 5, hidden}));
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, EveryFixture, testing::ValuesIn(kFixtures),
                         [](const auto& form) { return std::string(form.param.name); });

TEST(LoadModel, RefusesAHiddenLayerThatThereIsNot) {
  for (const std::int64_t layer : {2, -3})
    expect_error<FormatError>(
        [&] { load_model(fixture_file("legacy14_eager"), {.hidden_layer = layer}); },
        "the encoder has 2 layers, found layer " + std::to_string(layer) +
            " asked for, expected -2 to 1");
  expect_error<FormatError>(
      [] { load_model(fixture_file("unrecognised_relu"), {.hidden_layer = -1}); },
      "no encoder recognised, of which layer -1 could be read: node");
}

TEST(LoadModel, RecognizesTheBundledModels) {
  for (const char* name : {"minilm6-squad-dense", "minilm6-squad-pruned80",
                           "minilm6-squad-pruned80-int8", "minilm6-squad-pruned80-block4-int8"}) {
    SCOPED_TRACE(name);
    const auto model = load_model(source_folder() / "third_party/models" / name);
    ASSERT_TRUE(model->encoder) << model->warnings.at(0);
    EXPECT_EQ(model->input_names, (Names{"input_ids", "attention_mask", "token_type_ids"}));
    EXPECT_EQ(model->output_names, (Names{"start_logits", "end_logits"}));
    EXPECT_EQ(model->encoder->layers.size(), 6U);
    EXPECT_EQ(model->encoder->hidden_size, 384U);
    EXPECT_EQ(model->encoder->heads, 12U);
    EXPECT_EQ(model->encoder->head_size, 32U);
    EXPECT_EQ(model->encoder->vocabulary, 30522U);
    EXPECT_EQ(model->encoder->max_positions, 512U);
    EXPECT_GT(model->memory_bytes, std::size_t{30522} * 384);
    EXPECT_EQ(model->matrices.size(), 36U);
  }
}

TEST(LoadModel, TellsInWhichFormAMatrixWasStored) {
  EXPECT_EQ(load_model(fixture_file("legacy14_eager"))->matrices[0].form, "fp32");
  EXPECT_EQ(load_model(fixture_file("legacy14_eager_fp16"))->matrices[0].form, "fp16");
  EXPECT_EQ(load_model(fixture_file("int8_u8"))->matrices[0].form, "int8 static (SparseML)");
}

TEST(LoadModel, PacksInTheFormatThatIsAskedFor) {
  using Formats = LoadOptions::Formats;
  const auto kernel = [](std::string_view name, Formats formats) {
    return load_model(fixture_file(name), {.formats = formats})->matrices.at(4).kernel;
  };
  EXPECT_EQ(kernel("legacy14_eager", Formats::kDense), "dense_f32");
  EXPECT_EQ(kernel("legacy14_eager", Formats::kSparse), "unstructured_f32");
  EXPECT_EQ(kernel("int8_u8", Formats::kDense), "dense_i8");
  EXPECT_EQ(kernel("legacy14_eager", Formats::kUnstructured), "unstructured_f32");
  EXPECT_EQ(kernel("int8_u8", Formats::kSparse), "groups_i8");
  EXPECT_EQ(kernel("int8_u8", Formats::kUnstructured), "unstructured_i8");
}

TEST(LoadModel, KeepsTablesInTheTypeOfTheFile) {
  const auto type = [](std::string_view name) {
    return load_model(fixture_file(name))->encoder->embeddings.tables[0].view.type;
  };
  EXPECT_EQ(type("legacy14_eager"), kernels::TableType::kF32);
  EXPECT_EQ(type("legacy14_eager_fp16"), kernels::TableType::kF16);
  EXPECT_EQ(type("int8_u8"), kernels::TableType::kU8);
}

TEST(LoadModel, GivesEveryTokenTypeZeroWhereTheGraphHasNoTypes) {
  const auto model = load_model(fixture_file("bert_without_types"));
  ASSERT_TRUE(model->encoder);
  const auto& table = model->encoder->embeddings.tables[1];
  EXPECT_EQ(table.input, EmbeddingInput::kTokenType);
  const std::span<const float> values = table.tensor.data<float>();
  EXPECT_TRUE(std::ranges::equal(values.first(32), values.subspan(32, 32)));
}

TEST(LoadModel, FollowsTheReshapesOfTheGraphWhateverTheyAre) {
  Graph graph = fixture_graph("dynamo18_sdpa");
  for (auto& [name, tensor] : graph.initializers)
    if (tensor.dims() == Dims{1} && tensor.type() == DataType::kInt64 &&
        tensor.data<std::int64_t>()[0] == 12)
      tensor = Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{24});
  const auto model = make_model(graph);
  ASSERT_TRUE(model->encoder);
  EXPECT_EQ(model->encoder->heads, 2U);
  EXPECT_EQ(model->encoder->head_size, 24U);
  EXPECT_FLOAT_EQ(model->encoder->layers[0].score_scale, 1 / std::sqrt(12.0F));
}

TEST(LoadModel, RunsOnTheInterpreterWithoutRecognition) {
  const auto model =
      load_model(fixture_file("legacy14_eager"), {.recognition = LoadOptions::Recognition::kNone});
  EXPECT_FALSE(model->encoder);
  EXPECT_TRUE(model->warnings.empty());
  EXPECT_TRUE(model->matrices.empty());
}

// Both float computations of the same formulas, tens of roundings deep: 1e-4 of the largest logit.
TEST(LoadModel, InterpretsAGraphThatIsNotAnEncoder) {
  for (const char* name : {"unrecognised_relu", "legacy14_eager", "legacy17_sdpa", "int8_u8"}) {
    SCOPED_TRACE(name);
    const auto model =
        load_model(fixture_file(name), {.recognition = LoadOptions::Recognition::kNone});
    const auto golden = fixture_golden(name);
    for (std::size_t row = 0; row < 4; ++row) {
      Values feeds;
      std::size_t tokens = 0;
      for (const std::string& input : model->input_names) {
        const std::vector<std::int64_t> ids = sequence(golden, input, row);
        tokens = input == "input_ids" ? ids.size() : tokens;
        feeds.emplace(input, Tensor::of<std::int64_t>({1, static_cast<std::int64_t>(ids.size())},
                                                      std::span(ids)));
      }
      const std::vector<float> got = floats(run_one(model->rest, feeds, "start_logits"));
      const Tensor& want = golden.at("start_logits");
      ASSERT_EQ(got.size(), tokens);
      for (std::size_t t = 0; t < tokens; ++t)
        EXPECT_NEAR(got[t], want.data<float>()[row * static_cast<std::size_t>(want.dims()[1]) + t],
                    4e-4)
            << row << " " << t;
    }
  }
}

TEST(LoadModel, NamesAnOperatorThatNobodyImplements) {
  GraphBuilder builder;
  builder.input("x").output("y").node("Nonsense", {"x"}, "y");
  expect_error<UnsupportedError>(
      [&] { make_model(builder.graph()); },
      "test.onnx: node 'y' (Nonsense): operator Nonsense of opset 14 is not implemented; its "
      "inputs are 'x'");
}

TEST(LoadModel, NamesAFileThatIsNotThere) {
  expect_error<FormatError>([] { load_model("/nonexistent/model.onnx"); },
                            "/nonexistent/model.onnx");
}

}  // namespace
}  // namespace filigree::loader

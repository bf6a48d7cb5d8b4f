// What `analyze` knows and writes, apart from how long anything takes.
#include "tools/analysis/analysis.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tools/analysis/analysis_page.h"
#include "tools/analysis/analysis_text.h"
#include "tools/analysis/density_png.h"
#include "tools/selftest/tiny_model.h"

namespace filigree::tools {
namespace {

using serve::Json;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST(DensityPng, OfAMatrixOfZerosIsAPictureOfNothing) {
  const std::vector<float> zeros(16, 0.0F);
  const DensityMap map = loader::density_map(std::span<const float>(zeros), 4, 4);
  EXPECT_EQ(map.most(), 0);
  const std::string png = density_png(map);
  EXPECT_EQ(png.substr(1, 3), "PNG");
  EXPECT_EQ(png.substr(png.size() - 8, 4), "IEND");
}

TEST(Base64, PadsWhatThreeBytesDoNotFill) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
}

Analysis analysis_of(const TinyModelOptions& options, std::size_t cores = 1) {
  return *analyze(tiny_model(options), {.batch_size = 2,
                                        .sequence_length = 20,
                                        .warmups = 1,
                                        .iterations = 3,
                                        .cores = cores,
                                        .isa = kernels::supported_tables().back().isa});
}

TEST(Analyze, HasEveryStepOnceAndSharesThatAddUp) {
  const TinyModelOptions model{.linears = LinearForm::kMixed,
                               .attention = AttentionForm::kAlternating};
  for (const std::size_t cores : {1, 2}) {
    const Analysis analysis = analysis_of(model, cores);
    EXPECT_EQ(analysis.steps.size(), 2 + 10 * model.layers);
    EXPECT_EQ(analysis.matrices.size(), 6 * model.layers);
    EXPECT_EQ(analysis.iteration_ms.size(), 3U);
    double share = 0, summed = 0;
    std::size_t with_matrix = 0;
    for (const StepRow& row : analysis.steps) {
      share += row.share;
      with_matrix += row.matrix ? 1 : 0;
      EXPECT_GE(row.mean_ms, row.least_ms) << full_name(row);
    }
    for (const StepSum& sum : sums_by_step(analysis)) summed += sum.share;
    EXPECT_NEAR(share, 1, 1e-9);
    EXPECT_NEAR(summed, 1, 1e-9);
    EXPECT_EQ(with_matrix, analysis.matrices.size());
  }
}

TEST(Analyze, RatesFollowFromTimesAndCounts) {
  const Analysis analysis = analysis_of({});
  for (const StepRow& row : analysis.steps) {
    if (!row.matrix) continue;
    const MatrixFacts& matrix = analysis.matrices[*row.matrix];
    EXPECT_NEAR(row.gflops_dense * row.least_ms * 1e6, 80.0 * static_cast<double>(matrix.weights()),
                1);
    EXPECT_NEAR(row.gflops_nonzeros / row.gflops_dense, 1 - matrix.zeros(), 1e-9);
    EXPECT_GT(row.predicted_ms, 0);
    EXPECT_GT(row.utilization, 0);
  }
}

const kernels::PackedWeights& weights_of(const loader::EncoderLayer& layer, runtime::Step step) {
  switch (step) {
    case runtime::Step::kQuery:
      return layer.query.weights;
    case runtime::Step::kKey:
      return layer.key.weights;
    case runtime::Step::kValue:
      return layer.value.weights;
    case runtime::Step::kAttentionOutput:
      return layer.attention_output.weights;
    case runtime::Step::kIntermediate:
      return layer.ffn_in.weights;
    default:
      return layer.ffn_out.weights;
  }
}

TEST(MatrixFacts, AgreeWithTheLoaderAndSayWhy) {
  for (const LinearForm form : {LinearForm::kF32, LinearForm::kI8}) {
    const auto model = tiny_model({.linears = form});
    const auto matrices = matrix_facts(*model, kernels::Isa::kAvx2, 16);
    ASSERT_EQ(matrices.size(), 6 * model->encoder->layers.size());
    for (const MatrixFacts& matrix : matrices) {
      const kernels::PackedWeights& weights =
          weights_of(model->encoder->layers[matrix.layer], matrix.step);
      EXPECT_EQ(matrix.rows, weights.rows());
      EXPECT_EQ(matrix.cols, weights.cols());
      EXPECT_EQ(matrix.nonzeros, weights.nonzeros());
      EXPECT_EQ(matrix.packed_bytes, weights.bytes());
      EXPECT_EQ(matrix.format, weights.format());
      EXPECT_EQ(matrix.is_int8(), form == LinearForm::kI8);
      EXPECT_GT(matrix.fill(matrix.blocks_1x4), 0.25);  // of four, at least one
      EXPECT_LE(matrix.fill(matrix.blocks_4x1), 1);
      EXPECT_NE(why(matrix).find(form == LinearForm::kI8 ? "dense_i8" : "dense_f32"),
                std::string::npos)
          << why(matrix);
    }
  }
}

TEST(Analyze, EndsWhenItIsTold) {
  AnalysisOptions options{.isa = kernels::Isa::kScalar};
  options.sequence_length = 8;
  std::size_t calls = 0;
  options.carry_on = [&](std::size_t done) { return ++calls, done < 2; };
  EXPECT_FALSE(analyze(tiny_model({}), options).has_value());
  EXPECT_EQ(calls, 2U);
}

TEST(AnalysisJson, HasTheKeysOfDebugAnalysis) {
  const auto parsed = serve::parse_json(analysis_json(analysis_of({})));
  ASSERT_TRUE(std::holds_alternative<Json>(parsed));
  const Json& json = std::get<Json>(parsed);
  for (const char* key : {"layer_info", "average_total_time", "items_per_second", "batch_size",
                          "num_threads", "iteration_times"})
    EXPECT_NE(json.find(key), nullptr) << key;
  const Json::Array& layers = *json.find("layer_info")->as_array();
  ASSERT_EQ(layers.size(), 32U);
  for (const char* key : {"name", "canonical_name", "output_dims", "kernel_dims", "strides",
                          "activation_sparsity", "average_run_time_in_ms", "average_utilization",
                          "average_teraflops_per_second", "sub_layer_info"})
    EXPECT_NE(layers[1].find(key), nullptr) << key;
  EXPECT_EQ(serve::to_text(*layers[1].find("output_dims")), "[2,20,24]");
  EXPECT_EQ(serve::to_text(*layers[1].find("kernel_dims")), "[24,24]");
  EXPECT_TRUE(layers[0].find("kernel_dims")->is_null());
}

TEST(AnalysisCsv, HasAsManyCellsInEveryLine) {
  Analysis analysis = analysis_of({});
  analysis.matrices[0].name = "=evil,\"name\"";
  const std::string csv = analysis_csv(analysis);
  EXPECT_EQ(count(csv, "\n"), 1 + analysis.steps.size());
  EXPECT_NE(csv.find(",\"'=evil,\"\"name\"\"\","), std::string::npos) << csv;
  EXPECT_EQ(csv.substr(0, 20), "name,canonical_name,");
}

TEST(AnalysisPage, IsSelfContainedAndShowsEveryMatrix) {
  Analysis analysis = analysis_of({.linears = LinearForm::kMixed});
  analysis.matrices[0].name = "<script>alert(1)</script>";
  const std::string page = analysis_page(analysis, "about & <more>");
  EXPECT_EQ(count(page, "<img "), analysis.matrices.size());
  EXPECT_EQ(count(page, "src=\""), count(page, "src=\"data:image/png;base64,"));
  EXPECT_EQ(count(page, "<script"), 0U);
  EXPECT_EQ(count(page, "href="), 0U);
  EXPECT_EQ(count(page, "url("), 0U);
  EXPECT_EQ(count(page, "&lt;script&gt;alert(1)&lt;/script&gt;"), 1U);
  EXPECT_NE(page.find("about &amp; &lt;more&gt;"), std::string::npos);
}

}  // namespace
}  // namespace filigree::tools

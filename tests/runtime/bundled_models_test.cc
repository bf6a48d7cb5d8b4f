// The bundled models against logits of ONNX Runtime (tests/golden/make_logit_goldens.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "kernels/kernel_table.h"
#include "loader/model.h"
#include "loader/onnx_file.h"
#include "runtime/engine.h"

namespace filigree::runtime {
namespace {

namespace fs = std::filesystem;

const fs::path kModels = fs::path(FILIGREE_SOURCE_DIR) / "third_party/models";
const fs::path kGoldens = fs::path(FILIGREE_SOURCE_DIR) / "tests/golden";

// Of the largest logit. Both engines compute in float and sum in different orders.
constexpr double kFloatTolerance = 1e-4;

// In int8 models a last bit decides now and then to which integer an activation rounds, and that
// moves logits by steps: ONNX Runtime differs from itself by up to 5 % of the largest logit on
// these sequences, between its optimisation levels (the goldens: all optimisations). Where nothing
// flips, int8 models are held to the tolerance of float.
constexpr double kFlipTolerance = 0.1;

struct Golden {
  std::vector<Sequence> sequences;
  std::vector<std::array<std::vector<float>, 2>> logits;  // start, end
};

std::vector<std::int32_t> narrowed(const loader::Tensor& tensor) {
  std::vector<std::int32_t> values;
  for (const std::int64_t value : tensor.data<std::int64_t>())
    values.push_back(static_cast<std::int32_t>(value));
  return values;
}

std::vector<float> floats(const loader::Tensor& tensor) {
  return {tensor.data<float>().begin(), tensor.data<float>().end()};
}

// `kind`: logits or masked_logits.
Golden golden_of(const std::string& kind, const std::string& model) {
  const loader::Graph graph = loader::read_onnx(kGoldens / kind / (model + ".onnx"));
  Golden golden;
  for (std::size_t i = 0; graph.initializers.contains("ids_" + std::to_string(i)); ++i) {
    const std::string number = std::to_string(i);
    golden.sequences.push_back({narrowed(graph.initializers.at("ids_" + number)),
                                narrowed(graph.initializers.at("type_ids_" + number))});
    if (const auto mask = graph.initializers.find("mask_" + number);
        mask != graph.initializers.end())
      for (const std::int64_t value : mask->second.data<std::int64_t>())
        golden.sequences.back().mask.push_back(static_cast<std::uint8_t>(value));
    golden.logits.push_back({floats(graph.initializers.at("start_logits_" + number)),
                             floats(graph.initializers.at("end_logits_" + number))});
  }
  return golden;
}

Response run(const std::shared_ptr<const loader::Model>& model,
             const std::vector<Sequence>& sequences, const EngineOptions& options) {
  Engine engine(options);
  Request request;
  request.model = model;
  request.sequences = sequences;
  return engine.run(std::move(request));
}

double largest_logit(const Golden& golden) {
  double largest = 0;
  for (const auto& sides : golden.logits)
    for (const std::vector<float>& logits : sides)
      for (const float logit : logits) largest = std::max(largest, std::fabs(double{logit}));
  return largest;
}

double largest_difference(const std::vector<float>& want, const loader::Tensor& got) {
  EXPECT_EQ(got.dims(), (loader::Dims{1, static_cast<std::int64_t>(want.size())}));
  double largest = 0;
  for (std::size_t t = 0; t < std::min(want.size(), got.size()); ++t)
    largest = std::max(largest, std::fabs(double{want[t]} - double{got.data<float>()[t]}));
  return largest;
}

class BundledModel : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    model_ = loader::load_model(kModels / GetParam());
    golden_ = golden_of("logits", GetParam());
    masked_ = golden_of("masked_logits", GetParam());
    ASSERT_FALSE(golden_.sequences.empty());
    ASSERT_FALSE(masked_.sequences.empty());
  }

  bool is_int8() const { return GetParam().find("int8") != std::string::npos; }

  void expect_given(const Golden& golden) const;

  std::shared_ptr<const loader::Model> model_;
  Golden golden_, masked_;
};

TEST_P(BundledModel, HasARecognisedEncoder) {
  ASSERT_TRUE(model_->encoder.has_value())
      << (model_->warnings.empty() ? "" : model_->warnings.front());
  EXPECT_EQ(model_->encoder->layers.size(), 6u);
  EXPECT_EQ(model_->encoder->layers[0].query.input.has_value(), is_int8());
}

void BundledModel::expect_given(const Golden& golden) const {
  EngineOptions options;
  options.cores = 2;
  const Response response = run(model_, golden.sequences, options);
  ASSERT_EQ(response.status, Status::kOk) << response.message;
  const double largest = largest_logit(golden);
  std::size_t close = 0;
  for (std::size_t i = 0; i < golden.logits.size(); ++i) {
    const auto& tensors = response.sequences[i].tensors;
    const double difference = std::max(largest_difference(golden.logits[i][0], tensors[0]),
                                       largest_difference(golden.logits[i][1], tensors[1]));
    EXPECT_LE(difference, (is_int8() ? kFlipTolerance : kFloatTolerance) * largest)
        << "sequence " << i << " of " << golden.sequences[i].ids.size() << " tokens";
    if (difference <= kFloatTolerance * largest) ++close;
  }
  EXPECT_GE(2 * close, golden.logits.size());
}

TEST_P(BundledModel, GivesTheLogitsOfOnnxRuntime) { expect_given(golden_); }

TEST_P(BundledModel, GivesTheLogitsOfOnnxRuntimeUnderMasksWithHoles) { expect_given(masked_); }

TEST_P(BundledModel, GivesTheSameBitsOnEveryTableAndThreadCount) {
  std::vector<Sequence> few(golden_.sequences.begin(), golden_.sequences.begin() + 5);
  few.insert(few.end(), masked_.sequences.begin(), masked_.sequences.begin() + 3);
  EngineOptions options;
  options.cores = 1;
  options.isa = kernels::Isa::kScalar;
  const Response want = run(model_, few, options);
  ASSERT_EQ(want.status, Status::kOk) << want.message;
  for (const kernels::KernelTable& table : kernels::supported_tables().subspan(1))
    for (const std::size_t cores : {2, 3}) {
      options.cores = cores;
      options.isa = table.isa;
      options.batch_tokens = 40 * cores;
      const Response got = run(model_, few, options);
      ASSERT_EQ(got.status, Status::kOk) << got.message;
      for (std::size_t i = 0; i < few.size(); ++i)
        for (std::size_t side = 0; side < 2; ++side)
          ASSERT_TRUE(std::ranges::equal(want.sequences[i].tensors[side].bytes(),
                                         got.sequences[i].tensors[side].bytes()))
              << kernels::isa_name(table.isa) << ", " << cores << " cores, sequence " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Bundled, BundledModel,
                         testing::Values("minilm6-squad-dense", "minilm6-squad-pruned80",
                                         "minilm6-squad-pruned80-int8",
                                         "minilm6-squad-pruned80-block4-int8"),
                         [](const auto& model) {
                           std::string name;
                           for (const char c : model.param)
                             if (c != '-') name += c;
                           return name;
                         });

}  // namespace
}  // namespace filigree::runtime

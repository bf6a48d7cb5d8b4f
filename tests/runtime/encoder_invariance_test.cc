// The bits of a sequence's hidden state depend on nothing but the model and the sequence.
#include <gtest/gtest.h>

#include <random>

#include "runtime/encoder_trace.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

struct Form {
  const char* name;
  LinearForm linears;
  AttentionForm attention;
};

constexpr Form kForms[] = {
    {"fp32", LinearForm::kF32, AttentionForm::kF32},
    {"int8", LinearForm::kI8, AttentionForm::kInteger},
    {"int8 linears, fp32 attention", LinearForm::kI8, AttentionForm::kF32},
    {"fp32 linears, integer attention", LinearForm::kF32, AttentionForm::kInteger},
    {"int8, rounded products of attention", LinearForm::kI8, AttentionForm::kRounded},
    {"mixed", LinearForm::kMixed, AttentionForm::kAlternating},
};

class EncoderInvariance : public testing::TestWithParam<Form> {
 protected:
  TinyModelOptions options() const {
    TinyModelOptions options;
    options.linears = GetParam().linears;
    options.attention = GetParam().attention;
    return options;
  }

  // Each sequence alone, on one thread, with the scalar table.
  std::vector<Trace> alone(const loader::Model& model,
                           const std::vector<Sequence>& sequences) const {
    std::vector<Trace> traces;
    for (const Sequence& sequence : sequences)
      traces.push_back(
          trace_batch(kernels::supported_tables().front(), *model.encoder, {&sequence, 1}, 1)
              .front());
    return traces;
  }

  void expect_same(const std::vector<Trace>& want, const std::vector<Trace>& got) const {
    ASSERT_EQ(want.size(), got.size());
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_EQ(first_difference({"want", want[i]}, {"got", got[i]}), std::nullopt)
          << "in sequence " << i;
  }
};

const std::vector<std::size_t> kLengths = {1,  2,  7,  8,  9,   15,  16,  17,  31,
                                           33, 63, 64, 65, 100, 127, 128, 129, 160};

TEST_P(EncoderInvariance, HoldsForEveryTableAndThreadCount) {
  const auto model = tiny_model(options());
  const std::vector<Sequence> sequences = random_sequences(kLengths, options().vocabulary, 3);
  const std::vector<Trace> want = alone(*model, sequences);
  for (const kernels::KernelTable& table : kernels::supported_tables())
    for (std::size_t ranks = 1; ranks <= 4; ++ranks) {
      SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) + ", " + std::to_string(ranks) +
                   " threads");
      ASSERT_NO_FATAL_FAILURE(
          expect_same(want, trace_batch(table, *model->encoder, sequences, ranks)));
    }
}

// Every second sequence with about a quarter of its tokens masked, not the last.
std::vector<Sequence> with_holes(std::vector<Sequence> sequences, unsigned seed) {
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < sequences.size(); i += 2) {
    for (std::size_t token = 0; token < sequences[i].ids.size(); ++token)
      sequences[i].mask.push_back(static_cast<std::uint8_t>(random() % 4 != 0));
    sequences[i].mask.back() = 1;
  }
  return sequences;
}

TEST_P(EncoderInvariance, HoldsForMasksWithHoles) {
  const auto model = tiny_model(options());
  const std::vector<Sequence> sequences =
      with_holes(random_sequences(kLengths, options().vocabulary, 3), /*seed=*/4);
  const std::vector<Trace> want = alone(*model, sequences);
  for (const kernels::KernelTable& table : kernels::supported_tables())
    for (const std::size_t ranks : {1, 3}) {
      SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) + ", " + std::to_string(ranks) +
                   " threads");
      ASSERT_NO_FATAL_FAILURE(
          expect_same(want, trace_batch(table, *model->encoder, sequences, ranks)));
    }
}

// The hidden state of the first `tokens` tokens.
std::vector<float> hidden(const Trace& trace, std::size_t tokens) {
  const StageValues& last = trace.back();
  return {last.values.begin(),
          last.values.begin() + static_cast<std::ptrdiff_t>(tokens * last.features)};
}

TEST_P(EncoderInvariance, MaskedTokensReachNoOther) {
  const auto model = tiny_model(options());
  const std::vector<Sequence> plain = random_sequences({70}, options().vocabulary, 9);
  std::vector<Sequence> masked = plain;
  masked[0].mask.assign(70, 1);
  std::fill(masked[0].mask.begin() + 50, masked[0].mask.end(), std::uint8_t{0});
  std::vector<Sequence> cut = plain;
  cut[0].ids.resize(50);
  cut[0].type_ids.resize(std::min<std::size_t>(50, cut[0].type_ids.size()));
  const Trace of_masked = alone(*model, masked)[0];
  EXPECT_EQ(hidden(of_masked, 50), hidden(alone(*model, cut)[0], 50));
  EXPECT_NE(hidden(of_masked, 50), hidden(alone(*model, plain)[0], 50));
  // In the middle: what is masked is computed, and changes nobody but itself.
  masked[0].mask.assign(70, 1);
  masked[0].mask[33] = 0;
  std::vector<Sequence> other = masked;
  other[0].ids[33] = (other[0].ids[33] + 1) % static_cast<std::int32_t>(options().vocabulary);
  const std::vector<float> before = hidden(alone(*model, masked)[0], 70);
  const std::vector<float> after = hidden(alone(*model, other)[0], 70);
  const std::size_t width = before.size() / 70;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (i / width != 33) {
      ASSERT_EQ(before[i], after[i]) << "token " << i / width;
    }
  EXPECT_NE(before, after);
}

TEST_P(EncoderInvariance, HoldsForEveryBatch) {
  constexpr unsigned kSeed = 11;
  std::mt19937 random(kSeed);
  const auto model = tiny_model(options());
  const kernels::KernelTable& table = kernels::supported_tables().back();
  for (const std::size_t size : {1, 2, 3, 8, 21, 64}) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", batch of " + std::to_string(size));
    std::vector<std::size_t> lengths(size);
    for (std::size_t& length : lengths) length = 1 + random() % (size > 8 ? 40 : 160);
    const std::vector<Sequence> sequences =
        random_sequences(lengths, options().vocabulary, static_cast<unsigned>(size));
    const std::size_t ranks = 1 + random() % 4;
    ASSERT_NO_FATAL_FAILURE(expect_same(alone(*model, sequences),
                                        trace_batch(table, *model->encoder, sequences, ranks)));
  }
}

TEST_P(EncoderInvariance, HoldsForWeightsInEveryForm) {
  const std::vector<Sequence> sequences = random_sequences({5, 64, 90}, options().vocabulary, 5);
  const std::vector<Trace> want = alone(*tiny_model(options()), sequences);
  for (const StorageForm form : {StorageForm::kDense, StorageForm::kUnstructured}) {
    TinyModelOptions stored = options();
    stored.storage = form;
    const auto model = tiny_model(stored);
    for (const kernels::KernelTable& table : kernels::supported_tables()) {
      SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) +
                   (form == StorageForm::kDense ? " dense" : " unstructured"));
      ASSERT_NO_FATAL_FAILURE(expect_same(want, trace_batch(table, *model->encoder, sequences, 2)));
    }
  }
}

TEST_P(EncoderInvariance, HoldsForOddSizes) {
  TinyModelOptions odd = options();
  odd.hidden_size = 26;  // a head of 13 begins inside a quad of the u8 layout
  odd.heads = 2;
  odd.intermediate_size = 35;
  const auto model = tiny_model(odd);
  const std::vector<Sequence> sequences = random_sequences({3, 70, 13}, odd.vocabulary, 6);
  const std::vector<Trace> want = alone(*model, sequences);
  for (const kernels::KernelTable& table : kernels::supported_tables()) {
    SCOPED_TRACE(kernels::isa_name(table.isa));
    ASSERT_NO_FATAL_FAILURE(expect_same(want, trace_batch(table, *model->encoder, sequences, 2)));
  }
}

// The tests above would pass if traces compared equal for want of looking.
TEST_P(EncoderInvariance, WouldNoticeAnotherToken) {
  const auto model = tiny_model(options());
  std::vector<Sequence> sequences = random_sequences({20}, options().vocabulary, 7);
  const std::vector<Trace> before = alone(*model, sequences);
  sequences[0].ids[19] =
      (sequences[0].ids[19] + 1) % static_cast<std::int32_t>(options().vocabulary);
  const std::vector<Trace> after = alone(*model, sequences);
  const auto difference = first_difference({"before", before[0]}, {"after", after[0]});
  ASSERT_NE(difference, std::nullopt);
  EXPECT_EQ(difference->find("layer 0, embeddings, token 19, feature 0: before 0x"), 0u)
      << *difference;
}

INSTANTIATE_TEST_SUITE_P(Forms, EncoderInvariance, testing::ValuesIn(kForms), [](const auto& form) {
  std::string name;
  for (const char c : std::string_view(form.param.name))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  return name;
});

}  // namespace
}  // namespace filigree::runtime

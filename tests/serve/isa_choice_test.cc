#include "serve/config/isa_choice.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "serve/config/config.h"

namespace filigree::serve {
namespace {

using kernels::Isa;
using kernels::supported_tables;

// Sets FILIGREE_ISA, and afterwards what it was before.
class Variable {
 public:
  explicit Variable(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    value == nullptr ? ::unsetenv(kName) : ::setenv(kName, value, 1);
  }
  ~Variable() { before_ ? ::setenv(kName, before_->c_str(), 1) : ::unsetenv(kName); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  static constexpr const char* kName = "FILIGREE_ISA";
  std::optional<std::string> before_;
};

template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

const IsaRequest kFlag{Isa::kScalar, "the flag"};
const IsaRequest kVariable{Isa::kScalar, "the variable"};
const IsaRequest kKey{Isa::kScalar, "the key"};

TEST(IsaChoice, PrefersTheFlagThenTheVariableThenTheKeyThenTheBest) {
  EXPECT_EQ(choose_isa({kFlag, kVariable, kKey}).source, "the flag");
  EXPECT_EQ(choose_isa({std::nullopt, kVariable, kKey}).source, "the variable");
  EXPECT_EQ(choose_isa({std::nullopt, std::nullopt, kKey}).source, "the key");
  EXPECT_EQ(choose_isa({std::nullopt, std::nullopt, kKey}).isa, Isa::kScalar);
  EXPECT_EQ(choose_isa({}).source, "the best this CPU has");
  EXPECT_EQ(choose_isa({}).isa, supported_tables().back().isa);
}

TEST(IsaChoice, NamesTheSourceAndWhatThereIsWhenTheCpuLacksIt) {
  const IsaRequest avx512 = parse_isa_request("avx512", "f.yaml:3: isa");
  EXPECT_EQ(error_of([&] {
              choose_isa({std::nullopt, std::nullopt, avx512}, supported_tables().first(1));
            }),
            "f.yaml:3: isa is 'avx512', which this CPU or its operating system lacks; it has "
            "scalar");
}

TEST(IsaChoice, IgnoresWhatTheCpuLacksWhereItIsOverridden) {
  const IsaRequest avx512{Isa::kAvx512, "f.yaml:3: isa"};
  EXPECT_EQ(choose_isa({kFlag, avx512, avx512}, supported_tables().first(1)).isa, Isa::kScalar);
}

TEST(IsaChoice, RejectsAnUnknownNameWithTheSourceAndTheNamesThereAre) {
  const std::string message = error_of([] { parse_isa_request("sse9", "flag '--isa'"); });
  EXPECT_EQ(message.find("flag '--isa' is 'sse9', expected scalar, avx2, avx512 or avx512_vnni; "
                         "this CPU has scalar"),
            0U)
      << message;
}

TEST(IsaChoice, ReadsTheEnvironment) {
  {
    const Variable variable("scalar");
    ASSERT_TRUE(isa_of_environment().has_value());
    EXPECT_EQ(isa_of_environment()->isa, Isa::kScalar);
    EXPECT_EQ(isa_of_environment()->source, "environment variable FILIGREE_ISA");
  }
  {
    const Variable variable("AVX2");
    const std::string message = error_of([] { isa_of_environment(); });
    EXPECT_EQ(message.find("environment variable FILIGREE_ISA is 'AVX2', expected scalar, "), 0U)
        << message;
  }
  for (const char* nothing : {static_cast<const char*>(nullptr), ""}) {
    const Variable variable(nothing);
    EXPECT_FALSE(isa_of_environment().has_value());
  }
}

}  // namespace
}  // namespace filigree::serve

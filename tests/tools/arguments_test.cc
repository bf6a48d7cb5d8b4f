#include "tools/cli/arguments.h"

#include <gtest/gtest.h>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

const Usage kUsage{.command = "cook",
                   .summary = "Cooks a dish.",
                   .operands = "[DISH]",
                   .max_operands = 1,
                   .flags = {{"num-cores", "N", "cooks in the kitchen"},
                             {"model-path", "DIR", "where the recipe is"},
                             {.name = "spice",
                              .value = "NAME",
                              .help = "may be repeated",
                              .times = Flag::Times::kAny},
                             {"json", "", "print JSON"}},
                   .example = "filigree cook --num-cores 2 soup"};

Arguments parse(std::vector<std::string> words) { return Arguments(kUsage, words); }

std::string usage_error(std::vector<std::string> words) {
  try {
    parse(std::move(words));
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Arguments, DashesAndUnderscoresAreTheSame) {
  for (const char* flag : {"--num-cores", "--num_cores"})
    EXPECT_EQ(parse({flag, "3"}).number("num-cores", 1, 9), 3U) << flag;
}

TEST(Arguments, ValueFollowsEqualsSignOrSpace) {
  EXPECT_EQ(parse({"--model_path=a_b=c"}).text("model-path"), "a_b=c");
  EXPECT_EQ(parse({"--model_path", "a_b"}).text("model-path"), "a_b");
}

TEST(Arguments, AFlagThatMayBeRepeatedKeepsItsValuesInOrder) {
  EXPECT_EQ(parse({"--spice", "b", "--json", "--spice=a"}).all("spice"),
            (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(parse({"--json"}).all("spice").empty());
}

TEST(Arguments, EmptyValueIsAValue) { EXPECT_EQ(parse({"--model-path="}).text("model-path"), ""); }

TEST(Arguments, AbsentFlagHasNoValue) {
  const Arguments none = parse({});
  EXPECT_FALSE(none.has("json"));
  EXPECT_EQ(none.text("model-path"), std::nullopt);
  EXPECT_EQ(none.number("num-cores", 1, 9), std::nullopt);
  EXPECT_THROW(none.required("model-path"), UsageError);
}

TEST(Arguments, HelpIsSeenAnywhere) {
  EXPECT_TRUE(parse({"soup", "--help"}).wants_help());
  EXPECT_TRUE(parse({"-h"}).wants_help());
  EXPECT_FALSE(parse({"soup"}).wants_help());
}

TEST(Arguments, DoubleDashEndsTheFlags) {
  EXPECT_EQ(parse({"--json", "--", "--json"}).operands(), std::vector<std::string>{"--json"});
}

TEST(Arguments, UnknownFlagNamesTheNearestOne) {
  EXPECT_EQ(usage_error({"--num_core", "3"}),
            "'cook' has no flag '--num-core'; did you mean '--num-cores'");
  EXPECT_EQ(usage_error({"--zzzzzzzz"}), "'cook' has no flag '--zzzzzzzz'");
}

TEST(Arguments, WrongUseOfAFlagIsNamed) {
  EXPECT_EQ(usage_error({"--num-cores"}), "flag '--num-cores' needs a value (N)");
  EXPECT_EQ(usage_error({"--json=1"}), "flag '--json' takes no value");
  EXPECT_EQ(usage_error({"--json", "--json"}), "flag '--json' is given twice");
  EXPECT_EQ(usage_error({"soup", "salad"}), "unexpected argument 'salad'");
  EXPECT_EQ(usage_error({"-j"}), "found '-j', expected a flag that starts with '--'");
}

TEST(Arguments, NumbersAreWholeAndInRange) {
  for (const char* value : {"0", "10", "-1", "2x", "", "1.5", "99999999999999999999999"})
    EXPECT_THROW(parse({"--num-cores", value}).number("num-cores", 1, 9), UsageError) << value;
  EXPECT_EQ(parse({"--num-cores", "1"}).number("num-cores", 1, 9), 1U);
  EXPECT_EQ(parse({"--num-cores", "9"}).number("num-cores", 1, 9), 9U);
}

const Usage kOldSpellings{
    .command = "bake",
    .summary = "Bakes.",
    .operands = "",
    .flags = {{"num-cores", "N", "cooks", {}, {"-ncores", "-n", "--cooks_max"}},
              {"quiet", "", "no talk", {}, {"-q"}}},
    .example = "filigree bake -q"};

TEST(Arguments, AliasesMeanTheirFlag) {
  const auto cores = [](std::vector<std::string> words) {
    return Arguments(kOldSpellings, words).number("num-cores", 1, 9);
  };
  for (const char* alias : {"-ncores", "-n", "--cooks_max", "--cooks-max", "--num_cores"}) {
    EXPECT_EQ(cores({alias, "3"}), 3U) << alias;
    EXPECT_EQ(cores({std::string(alias) + "=4"}), 4U) << alias;
  }
  EXPECT_TRUE(Arguments(kOldSpellings, std::vector<std::string>{"-q"}).has("quiet"));
  EXPECT_THROW(cores({"-n", "3", "--num-cores", "3"}), UsageError);
  EXPECT_THROW(cores({"-nc", "3"}), UsageError);
  EXPECT_NE(help_text(kOldSpellings).find("--num-cores, -ncores, -n, --cooks_max N"),
            std::string::npos);
}

TEST(Arguments, DecimalsAreInRange) {
  const auto decimal = [](const char* value) {
    return parse({"--num-cores", value}).decimal("num-cores", 0, 2.5);
  };
  EXPECT_EQ(decimal("0.25"), 0.25);
  EXPECT_EQ(decimal("2"), 2.0);
  EXPECT_EQ(parse({}).decimal("num-cores", 0, 2.5), std::nullopt);
  for (const char* value : {"-0.1", "2.6", "", "1,5", "1x", "nan", "inf"})
    EXPECT_THROW(decimal(value), UsageError) << value;
}

TEST(Arguments, HelpShowsEveryFlagAndTheExample) {
  const std::string text = help_text(kUsage);
  for (const char* part :
       {"usage: filigree cook [flags] [DISH]", "--num-cores N", "--model-path DIR", "--json",
        "--help", "filigree cook --num-cores 2 soup"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace filigree::tools

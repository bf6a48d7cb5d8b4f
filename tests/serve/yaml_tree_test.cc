#include "serve/config/yaml_tree.h"

#include "serve/config/fields.h"
#include "tests/serve/config_support.h"

namespace filigree::serve {
namespace {

std::string yaml_error(const std::string& text) {
  try {
    parse_yaml(text, "f.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(YamlTree, KnowsTheLineOfEveryValue) {
  const YamlNode root = parse_yaml("# comment\na: 1\nb:\n  - x\n  -\n    c: 2\n", "f.yaml");
  EXPECT_EQ(root.find("a")->line, 2U);
  EXPECT_EQ(root.find("b")->items.at(0).line, 4U);
  EXPECT_EQ(root.find("b")->items.at(1).find("c")->line, 6U);
}

TEST(YamlTree, RejectsAKeyThatStandsTwice) {
  EXPECT_EQ(yaml_error("a: 1\nb: 2\na: 3\n"), "f.yaml:3: key 'a' is already given on line 1");
}

TEST(YamlTree, RejectsKeysThatAreNotWords) {
  EXPECT_EQ(yaml_error("? [a]\n: 1\n"), "f.yaml:1: a key is a sequence, expected a word");
}

TEST(YamlTree, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(yaml_error("a: 1\nb: [2\n").substr(0, 7), "f.yaml:");
  EXPECT_EQ(yaml_error("a: 1\n\tb: 2\n").substr(0, 9), "f.yaml:2:");
}

TEST(YamlTree, FollowsAliases) {
  const YamlNode root = parse_yaml("a: &x {k: 1}\nb: *x\n", "f.yaml");
  EXPECT_EQ(root.find("b")->find("k")->scalar, "1");
}

TEST(YamlTree, StopsAliasesThatMultiply) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = std::to_string(i - 1);
    text.append("a").append(std::to_string(i)).append(": &a").append(std::to_string(i));
    text.append(" [*a").append(last);
    for (int copies = 0; copies < 9; ++copies) text.append(", *a").append(last);
    text.append("]\n");
  }
  EXPECT_NE(yaml_error(text).find("more than 20000 values"), std::string::npos);
}

TEST(YamlTree, StopsAliasesThatLoop) { EXPECT_NE(yaml_error("a: &x [*x]\n"), "accepted"); }

TEST(YamlTree, StopsDeepNesting) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_NE(yaml_error(deep).find("nested deeper than 64"), std::string::npos);
  EXPECT_NE(yaml_error(std::string(100'000, '[')), "accepted");
  EXPECT_NE(yaml_error(std::string(100'000, '{')), "accepted");
}

TEST(YamlTree, RejectsFilesThatAreTooLargeAndSeveralDocuments) {
  EXPECT_EQ(yaml_error(std::string((1 << 20) + 1, ' ')),
            "f.yaml: has 1048577 bytes, a configuration may have 1048576");
  EXPECT_EQ(yaml_error("a: 1\n---\nb: 2\n"), "f.yaml: has 2 YAML documents, expected one");
}

TEST(YamlTree, TakesGarbageAsAnErrorOrText) {
  EXPECT_NO_FATAL_FAILURE(yaml_error(std::string("\x00\xff\xfe: \x01", 6)));
  EXPECT_NO_FATAL_FAILURE(yaml_error("%TAG ! x\n!!binary {"));
}

TEST(YamlTree, TypesPlainScalarsAndKeepsQuotedOnes) {
  const YamlNode root = parse_yaml(
      "{a: 1, b: '1', c: yes, d: 2.5, e: text, f: null, g: [~], h: \"no\", i: 1x}", "f.yaml");
  EXPECT_EQ(to_text(to_json(root)),
            R"({"a":1,"b":"1","c":true,"d":2.5,"e":"text","f":null,"g":[null],"h":"no","i":"1x"})");
}

}  // namespace
}  // namespace filigree::serve

#include "serve/config/yaml_text.h"

#include <gtest/gtest.h>

#include "serve/config/fields.h"
#include "serve/config/yaml_tree.h"

namespace filigree::serve {
namespace {

Json json_of(const std::string& text) { return std::get<Json>(parse_json(text)); }

TEST(YamlText, WritesBlocksWithQuotedText) {
  EXPECT_EQ(to_yaml(json_of(R"({"a":1,"b":[{"c":"x","d":[]},[2,3]],"e f":{},"g":null})")),
            "a: 1\n"
            "b:\n"
            "  - c: \"x\"\n"
            "    d: []\n"
            "  - - 2\n"
            "    - 3\n"
            "\"e f\": {}\n");
}

TEST(YamlText, ReadsBackAsTheSameValues) {
  for (const std::string text :
       {R"({"a":"yes","b":"1","c":"","d":true,"e":-2,"f":2.5,"g":"\u0001 \" \\ \n: # é","true":1})",
        R"([[[1],[]],{"k":{"l":[{"m":"n"}]}}])", R"({"a-b":{"c":1},"list":[[],{},"x"]})", "3",
        R"("text")", R"([{"x":[1]},{"y":2}])"}) {
    const std::string yaml = to_yaml(json_of(text));
    EXPECT_EQ(to_text(to_json(parse_yaml(yaml, "f.yaml"))), to_text(json_of(text))) << yaml;
  }
}

TEST(YamlText, LeavesOutMembersThatAreNull) {
  EXPECT_EQ(to_yaml(json_of(R"([{"a":null},{"a":null,"b":1}])")), "- {}\n- b: 1\n");
}

}  // namespace
}  // namespace filigree::serve

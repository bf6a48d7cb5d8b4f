#include "serve/http/tensor_schema.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "serve/tasks/tensor_request.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/serve/json_schema.h"

namespace filigree::serve {
namespace {

// 60 words, 2 types of tokens and 40 positions at most; what is wrong is one thing.
class TensorSchema : public testing::Test {
 protected:
  static std::string tensor(const std::string& name, const std::string& data,
                            const std::string& rest = R"("datatype": "INT64", "shape": [1, 3])") {
    return R"({"name": ")" + name + R"(", "data": )" + data + ", " + rest + "}";
  }
  static Json body(const std::string& inputs, const std::string& rest = "") {
    return std::get<Json>(parse_json(R"({"inputs": [)" + inputs + "]" + rest + "}"));
  }
  bool fits(const Json& request) const {
    return schema_errors(Json::object({}), schema_, request).empty();
  }
  bool is_taken(const Json& request) const {
    return std::holds_alternative<PreparedTensors>(prepare_tensors(request, "", model_, "m"));
  }

  const std::shared_ptr<const loader::Model> model_ =
      loader::make_model(loader::fixture_graph("legacy14_eager"));
  const Json schema_ = tensor_request_schema(*model_);
};

TEST_F(TensorSchema, TakesWhatTheModelTakes) {
  const std::string ids = tensor("input_ids", "[2, 4, 59]");
  const std::string mask = tensor("attention_mask", "[1, 0, 1]");
  for (const Json& request :
       {tensor_example(*model_), body(ids + ", " + mask), body(mask + ", " + ids),
        body(tensor("input_ids", "[2.0, 4e0, 59]", R"("datatype": "INT64", "shape": [1.0, 3])")),
        body(tensor("input_ids", "[[0, 4, 59]]", R"("datatype": "INT32", "shape": [1, 3])")),
        body(ids, R"(, "id": "a", "outputs": [])"),
        body(ids, R"(, "outputs": [{"name": ")" + model_->output_names[0] + R"("}])")}) {
    EXPECT_EQ(schema_errors(Json::object({}), schema_, request), "") << to_text(request);
    EXPECT_TRUE(is_taken(request)) << to_text(request);
  }
}

TEST_F(TensorSchema, RefusesNothingThatTheModelTakes) {
  const std::string ids = tensor("input_ids", "[2, 4, 3]");
  ASSERT_EQ(model_->output_names.size(), 2U);
  const std::string output = R"({"name": ")" + model_->output_names[0] + R"("})";
  for (const Json& request :
       {body(""), body(tensor("ids", "[2, 4, 3]")), body(tensor("input_ids", "[2, 60, 3]")),
        body(tensor("input_ids", "[2, -1, 3]")), body(tensor("input_ids", "[2, 4.5, 3]")),
        body(tensor("input_ids", "7")),
        body(ids, ", \"outputs\": [" + output + ", " + output + ", " + output + "]"),
        body(ids + ", " + tensor("attention_mask", "[1, 2, 1]")),
        body(tensor("input_ids", "[2, 4, 3]", R"("datatype": "FP32", "shape": [1, 3])")),
        body(tensor("input_ids", "[2, 4, 3]", R"("datatype": "INT64", "shape": [3])")),
        body(tensor("input_ids", "[]", R"("datatype": "INT64", "shape": [0, 3])")),
        body(ids, R"(, "id": 7)"), body(ids, R"(, "outputs": [{"name": "no"}])"),
        body(ids, R"(, "outputs": [{}])"), body(ids, R"(, "outputs": 7)"),
        body(ids, R"(, "parameters": {"binary_data_output": 1})"),
        body(ids + ", " + ids + ", " + ids + ", " + ids)}) {
    EXPECT_FALSE(fits(request)) << to_text(request);
    EXPECT_FALSE(is_taken(request)) << to_text(request);
  }
}

}  // namespace
}  // namespace filigree::serve

#include "serve/tasks/tensor_request.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

Json json_of(const std::string& text) { return std::get<Json>(parse_json(text)); }

std::shared_ptr<const loader::Model> model() {
  auto model = std::make_shared<loader::Model>();
  model->input_names = {"input_ids", "attention_mask", "token_type_ids"};
  model->output_names = {"logits", "classes"};
  model->encoder = loader::Encoder{};
  model->encoder->max_positions = 8;
  model->rest.outputs = {{"logits", loader::kDataTypeOf<float>, {std::nullopt, std::nullopt}},
                         {"classes", loader::kDataTypeOf<float>, {std::nullopt, 2}}};
  return model;
}

std::string ids(const std::string& shape, const std::string& data) {
  return R"({"name":"input_ids","datatype":"INT64","shape":)" + shape + R"(,"data":)" + data + "}";
}
std::string mask(const std::string& shape, const std::string& data) {
  return R"({"name":"attention_mask","datatype":"INT32","shape":)" + shape + R"(,"data":)" + data +
         "}";
}

using PreparedOrErrors = std::variant<PreparedTensors, std::vector<FieldError>>;

PreparedOrErrors prepare(const std::string& inputs, const std::string& more = "",
                         std::string_view raw = {}) {
  return prepare_tensors(json_of(R"({"inputs":[)" + inputs + "]" + more + "}"), raw, model(), "m");
}

PreparedTask prepared(const std::string& inputs, const std::string& more = "") {
  return std::get<PreparedTensors>(prepare(inputs, more)).task;
}

// "inputs/attention_mask: shape is ..." of the only error.
std::string error_of(const std::string& inputs, const std::string& more = "",
                     std::string_view raw = {}) {
  const auto result = prepare(inputs, more, raw);
  const auto* errors = std::get_if<std::vector<FieldError>>(&result);
  if (errors == nullptr) return "accepted";
  EXPECT_EQ(errors->size(), 1U);
  return errors->front().message;
}

runtime::SequenceOutput output(const std::vector<float>& logits) {
  return {
      .tensors = {loader::Tensor::of<float>({1, static_cast<std::int64_t>(logits.size())}, logits),
                  loader::Tensor::of<float>({1, 2}, std::vector<float>{0.5F, 0.25F})}};
}

TEST(TensorRequest, IsWhatHasTensorsAndNothingElse) {
  EXPECT_TRUE(is_tensor_request(json_of(R"({"inputs":[)" + ids("[1,1]", "[1]") + "]}")));
  for (const std::string text :
       {R"({"inputs":"a text"})", R"({"inputs":["a","b"]})", R"({"inputs":[]})", "[]", R"({})",
        R"({"inputs":[{"name":"a","shape":[1]}]})", R"({"question":"q","context":"c"})"})
    EXPECT_FALSE(is_tensor_request(json_of(text))) << text;
}

TEST(TensorRequest, BecomesSequencesWithoutTheMaskedTokens) {
  const PreparedTask task = prepared(
      ids("[2,3]", "[[5,6,7],[8,9,0]]") + "," + mask("[2,3]", "[1,1,1,1,1,0]") +
      R"(,{"name":"token_type_ids","datatype":"INT64","shape":[2,3],"data":[0,0,1,0,1,0]})");
  ASSERT_EQ(task.sequences.size(), 2U);
  EXPECT_EQ(task.sequences[0].ids, (std::vector<std::int32_t>{5, 6, 7}));
  EXPECT_EQ(task.sequences[0].type_ids, (std::vector<std::int32_t>{0, 0, 1}));
  EXPECT_EQ(task.sequences[1].ids, (std::vector<std::int32_t>{8, 9}));
  EXPECT_EQ(task.sequences[1].type_ids, (std::vector<std::int32_t>{0, 1}));
  EXPECT_TRUE(prepared(ids("[1,1]", "[3]")).sequences[0].type_ids.empty());
}

TEST(TensorRequest, KeepsTheHolesOfMasks) {
  const PreparedTask task = prepared(ids("[3,4]", "[1,2,3,4,5,6,7,8,9,10,11,12]") + "," +
                                     mask("[3,4]", "[1,0,1,0,0,0,0,1,1,1,0,0]"));
  using Mask = std::vector<std::uint8_t>;
  EXPECT_EQ(task.sequences[0].ids, (std::vector<std::int32_t>{1, 2, 3}));
  EXPECT_EQ(task.sequences[0].mask, (Mask{1, 0, 1}));
  EXPECT_EQ(task.sequences[1].ids.size(), 4U);
  EXPECT_EQ(task.sequences[1].mask, (Mask{0, 0, 0, 1}));
  EXPECT_EQ(task.sequences[2].ids.size(), 2U);
  EXPECT_TRUE(task.sequences[2].mask.empty());
}

TEST(TensorRequest, LeavesMasksToGraphsThatReadThemThemselves) {
  auto graph = std::make_shared<loader::Model>();
  graph->input_names = {"input_ids", "attention_mask"};
  graph->output_names = {"logits"};
  const auto result = prepare_tensors(json_of(R"({"inputs":[)" + ids("[2,3]", "[1,2,3,4,5,6]") +
                                              "," + mask("[2,3]", "[1,0,0,1,1,1]") + "]}"),
                                      {}, graph, "m");
  const auto& task = std::get<PreparedTensors>(result).task;
  EXPECT_EQ(task.sequences[0].ids.size(), 3U);
  EXPECT_EQ(task.sequences[0].mask, (std::vector<std::uint8_t>{1, 0, 0}));
  EXPECT_TRUE(task.sequences[1].mask.empty());
}

TEST(TensorRequest, IsAnsweredInTheShapeOfItsInputs) {
  const PreparedTask task = prepared(
      ids("[2,3]", "[5,6,7,8,9,0]") + "," + mask("[2,3]", "[1,1,1,1,1,0]"), R"(,"id":"r1")");
  const std::vector<runtime::SequenceOutput> outputs = {output({1, 2, 3}), output({4, 0.1F})};
  EXPECT_EQ(to_text(task.finish(outputs)),
            R"({"model_name":"m","id":"r1","outputs":[{"name":"logits","datatype":"FP32",)"
            R"("shape":[2,3],"data":[1.0,2.0,3.0,4.0,0.1,0.0]},{"name":"classes",)"
            R"("datatype":"FP32","shape":[2,2],"data":[0.5,0.25,0.5,0.25]}]})");
}

TEST(TensorRequest, TellsClassesFromTokensByTheFile) {
  const PreparedTask task = prepared(ids("[1,4]", "[5,6,0,0]") + "," + mask("[1,4]", "[1,1,0,0]"),
                                     R"(,"outputs":[{"name":"classes"},{"name":"logits"}])");
  const std::vector<runtime::SequenceOutput> outputs = {output({1, 2})};
  const Json answer = task.finish(outputs);
  const auto& list = *answer.find("outputs")->as_array();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(to_text(*list[0].find("shape")), "[1,2]");
  EXPECT_EQ(to_text(*list[1].find("data")), "[1.0,2.0,0.0,0.0]");
}

std::string raw_input(const std::string& name, const std::string& type, const std::string& shape,
                      const std::string& size) {
  return R"({"name":")" + name + R"(","datatype":")" + type + R"(","shape":)" + shape +
         R"(,"parameters":{"binary_data_size":)" + size + "}}";
}

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

TEST(TensorRequest, TakesNumbersFromTheBytesAfterTheJson) {
  const std::string raw =
      bytes_of<std::int64_t>({5, 6, 7, 8}) + bytes_of<std::int32_t>({1, 1, 1, 0});
  const auto result = prepare(raw_input("input_ids", "INT64", "[2,2]", "32") +
                                  R"(,{"name":"token_type_ids","datatype":"INT32","shape":[2,2],)"
                                  R"("data":[0,1,0,1]},)" +
                                  raw_input("attention_mask", "INT32", "[2,2]", "16"),
                              "", raw);
  const PreparedTask& task = std::get<PreparedTensors>(result).task;
  EXPECT_EQ(task.sequences[0].ids, (std::vector<std::int32_t>{5, 6}));
  EXPECT_EQ(task.sequences[0].type_ids, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(task.sequences[1].ids, (std::vector<std::int32_t>{7}));
}

TEST(TensorRequest, IsAnsweredInBytesWhereTheyAreWanted) {
  const auto answer_to = [](const std::string& more) {
    const auto result = prepare(ids("[1,3]", "[5,6,0]") + "," + mask("[1,3]", "[1,1,0]"), more);
    const std::vector<runtime::SequenceOutput> outputs = {output({1.5F, 2})};
    return std::get<PreparedTensors>(result).finish_raw(outputs);
  };
  const RawAnswer all = answer_to(R"(,"parameters":{"binary_data_output":true})");
  EXPECT_EQ(to_text(all.json),
            R"({"model_name":"m","outputs":[{"name":"logits","datatype":"FP32","shape":[1,3],)"
            R"("parameters":{"binary_data_size":12}},{"name":"classes","datatype":"FP32",)"
            R"("shape":[1,2],"parameters":{"binary_data_size":8}}]})");
  EXPECT_EQ(all.bytes, bytes_of<float>({1.5F, 2, 0, 0.5F, 0.25F}));
  const RawAnswer one = answer_to(
      R"(,"outputs":[{"name":"logits"},{"name":"classes","parameters":{"binary_data":true}}])");
  EXPECT_EQ(to_text(one.json),
            R"({"model_name":"m","outputs":[{"name":"logits","datatype":"FP32","shape":[1,3],)"
            R"("data":[1.5,2.0,0.0]},{"name":"classes","datatype":"FP32","shape":[1,2],)"
            R"("parameters":{"binary_data_size":8}}]})");
  EXPECT_EQ(one.bytes, bytes_of<float>({0.5F, 0.25F}));
  EXPECT_FALSE(std::get<PreparedTensors>(
                   prepare(ids("[1,1]", "[5]"), R"(,"parameters":{"binary_data_output":false})"))
                   .finish_raw);
}

TEST(TensorRequest, NamesWhatIsWrongWithBytes) {
  const std::string two = bytes_of<std::int64_t>({5, 6});
  const auto error = [&](const std::string& shape, const std::string& size,
                         const std::string& raw) {
    return error_of(raw_input("input_ids", "INT64", shape, size), "", raw);
  };
  EXPECT_EQ(error("[1,2]", "16", two), "accepted");
  EXPECT_EQ(error("[1,2]", "15", two),
            "binary_data_size is 15, expected 8 bytes for each of 2 values of the shape [1, 2]");
  EXPECT_EQ(error("[1,2]", "-16", two), "binary_data_size is -16, expected a number of bytes");
  EXPECT_EQ(error("[1,2]", "\"16\"", two),
            "binary_data_size is \"16\", expected a number of bytes");
  EXPECT_EQ(
      error("[1,2]", "16", two.substr(0, 12)),
      "binary_data_size is 16, but only 12 bytes are left after the JSON and the inputs before");
  EXPECT_EQ(error("[1,2]", "16", two + "x"), "1 bytes follow those of the inputs");
  // 2^62 values of 8 bytes are 2^65 bytes, which is 0 in 64 bits.
  EXPECT_EQ(error("[2147483647,2147483647]", "8", two),
            "binary_data_size is 8, expected 8 bytes for each of 4611686014132420609 values of the "
            "shape [2147483647, 2147483647]");
  EXPECT_EQ(error("[1,1]", "8", bytes_of<std::int64_t>({std::int64_t{1} << 40})),
            "has the value 1099511627776, expected whole numbers of 32 bits");
  EXPECT_EQ(error_of(R"({"name":"input_ids","datatype":"INT64","shape":[1,2],"data":[1,2],)"
                     R"("parameters":{"binary_data_size":16}})",
                     "", two),
            "has both 'data' and binary_data_size");
  EXPECT_EQ(error_of(ids("[1,1]", "[1]"), "", two), "16 bytes follow those of the inputs");
}

TEST(TensorRequest, NamesWhatIsWrong) {
  const std::string good = ids("[1,2]", "[5,6]");
  for (const auto& [inputs, part] : std::vector<std::pair<std::string, std::string>>{
           {R"({"name":"x","datatype":"INT64","shape":[1,1],"data":[1]})",
            "no input of this name, expected input_ids, attention_mask, token_type_ids"},
           {R"({"name":"input_ids","datatype":"FP32","shape":[1,1],"data":[1]})",
            "datatype is \"FP32\", expected INT64 or INT32"},
           {ids("[2]", "[1,2]"), "shape is [2], expected [batch, tokens]"},
           {ids("[0,2]", "[]"), "sizes above 0"},
           {ids("[1,2]", "[1,2,3]"), "'data' has 3 values, expected 2 for the shape [1, 2]"},
           {ids("[1,2]", "[1,2.5]"), "'data' has 2.5"},
           {ids("[1,2]", "[1,4294967296]"), "'data' has 4294967296"},
           {R"({"name":"input_ids","datatype":"INT64","shape":[1,1]})", "'data' is missing"},
           {good + "," + good, "is given twice"},
           {mask("[1,2]", "[1,1]"), "the token ids are missing"},
           {good + "," + mask("[2,1]", "[1,1]"), "shape is [2, 1], expected that of 'input_ids'"},
           {good + "," + mask("[1,2]", "[0,0]"), "row 0 has no 1: nothing is left to attend to"},
           {good + "," + mask("[1,2]", "[1,2]"), "row 0 has 2, expected 0 and 1"}})
    EXPECT_NE(error_of(inputs).find(part), std::string::npos) << error_of(inputs);
  EXPECT_EQ(error_of(good, R"(,"outputs":[{"name":"x"}])"),
            "the model has no output \"x\", expected logits, classes");
  EXPECT_EQ(error_of(good, R"(,"outputs":[{"name":"logits"},{"name":"logits"},{"name":"logits"}])"),
            "has 3 items, the model has 2 outputs");
  EXPECT_EQ(error_of(good, R"(,"outputs":"x")"), "list type expected, found string");
  EXPECT_EQ(error_of(good, R"(,"id":7)"), "str type expected, found number");
  EXPECT_EQ(error_of(good, R"(,"parameters":{"binary_data_output":1})"),
            "bool type expected, found number");
  EXPECT_EQ(error_of(good, R"(,"outputs":[{"name":"logits","parameters":{"binary_data":"x"}}])"),
            "bool type expected, found string");
  const auto nothing = prepare_tensors(json_of("[]"), {}, model(), "m");
  EXPECT_EQ(std::get<std::vector<FieldError>>(nothing).front().message,
            "expected a list of at least one object with name, shape and datatype");
}

TEST(TensorRequest, IsDescribedByTheModelsTensors) {
  EXPECT_EQ(to_text(tensor_outputs(*model())),
            R"([{"name":"logits","datatype":"FP32","shape":[-1,-1]},)"
            R"({"name":"classes","datatype":"FP32","shape":[-1,2]}])");
  const Json inputs = tensor_inputs(*model());
  EXPECT_EQ(to_text(inputs.as_array()->at(0)),
            R"({"name":"input_ids","datatype":"INT64","shape":[-1,-1]})");
}

}  // namespace
}  // namespace filigree::serve

#include "tools/benchmark/pipeline_inputs.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "tools/cli/arguments.h"
#include "tools/cli/errors.h"
#include "tools/cli/files.h"
#include "tools/load/questions.h"
#include "tools/model_maker/random.h"

namespace filigree::tools {
namespace {

using serve::Json;

constexpr std::size_t kDummyRequests = 64;
constexpr std::size_t kMostCharacters = 1 << 20;
// A question is shorter than its context; so much that both fit into a window of usual length.
constexpr std::size_t kQuestionShare = 8;

const std::vector<std::string> kKnown = {
    "data_type",        "gen_sequence_length", "input_image_shape", "data_folder",
    "recursive_search", "max_string_length",   "question_file",     "context_file",
    "pipeline_kwargs",  "input_schema_kwargs"};

class Reader {
 public:
  Reader(const Json& json, const std::string& where) : json_(json), where_(where) {
    const Json::Object* object = json.as_object();
    if (object == nullptr)
      throw InputError(where + ": has type " + std::string(json.type_name()) +
                       ", expected an object");
    for (const auto& [name, value] : *object) check_known(name);
  }

  // nullptr: absent or null.
  const Json* find(std::string_view name) const {
    const Json* value = json_.find(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  [[noreturn]] void fail(std::string_view name, const std::string& expected) const {
    throw InputError(where_ + ": field '" + std::string(name) + "' is " + to_text(*find(name)) +
                     ", expected " + expected);
  }
  std::optional<std::string> text(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->as_string() == nullptr) fail(name, "a string");
    return *value->as_string();
  }
  // nullopt also for -1, DeepSparse's "no limit".
  std::optional<std::size_t> number(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return std::nullopt;
    const std::int64_t* number = value->as_integer();
    if (number != nullptr && *number == -1) return std::nullopt;
    if (number == nullptr || *number < 1 || *number > std::int64_t{kMostCharacters})
      fail(name, "a number from 1 to " + std::to_string(kMostCharacters) + ", or -1");
    return static_cast<std::size_t>(*number);
  }
  Json object(std::string_view name) const {
    const Json* value = find(name);
    if (value == nullptr) return Json::object({});
    if (!value->is_object()) fail(name, "an object");
    return *value;
  }

 private:
  void check_known(const std::string& name) const {
    if (std::ranges::find(kKnown, name) != kKnown.end()) return;
    const std::string near = nearest_word(name, kKnown);
    throw InputError(where_ + ": there is no field '" + name + "'" +
                     (near.empty() ? "" : "; did you mean '" + near + "'"));
  }

  const Json& json_;
  const std::string& where_;
};

std::vector<std::string> english_words() {
  std::vector<std::string> words;
  for (const std::string& body : built_in_questions()) {
    const auto parsed = serve::parse_json(body);
    std::istringstream text(*std::get<Json>(parsed).find("context")->as_string());
    for (std::string word; text >> word;) words.push_back(word);
  }
  return words;
}

// Whole words with spaces between them, cut to `characters` at the end; all of them are ASCII.
std::string dummy_text(std::size_t characters, const std::vector<std::string>& words,
                       Random& random) {
  std::string text;
  while (text.size() < characters)
    text += (text.empty() ? "" : " ") + words[random.below(words.size())];
  text.resize(characters);
  return text;
}

std::string cut_to(std::string text, std::optional<std::size_t> characters) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size() && characters; ++i) {
    const bool begins_one = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins_one && seen++ == *characters) return text.substr(0, i);
  }
  return text;
}

Json with_kwargs(Json request, const PipelineConfig& config) {
  for (const auto& [name, value] : *config.input_schema_kwargs.as_object())
    request.add(name, value);
  return request;
}

Json question(std::string question, std::string context) {
  return Json::object({{"question", std::move(question)}, {"context", std::move(context)}});
}

std::vector<Json> real_questions(const PipelineConfig& config) {
  if (!config.question_file || !config.context_file)
    throw InputError("real data of question_answering needs question_file and context_file");
  std::string asked = cut_to(read_file(*config.question_file), config.max_string_length);
  std::string context = cut_to(read_file(*config.context_file), config.max_string_length);
  return {question(std::move(asked), std::move(context))};
}

std::vector<Json> dummy_questions(const PipelineConfig& config, std::uint64_t seed) {
  Random random(seed, "texts");
  const std::vector<std::string> words = english_words();
  const std::size_t characters = config.gen_sequence_length;
  std::vector<Json> requests;
  for (std::size_t i = 0; i < kDummyRequests; ++i) {
    std::string asked =
        dummy_text(std::max<std::size_t>(1, characters / kQuestionShare), words, random);
    requests.push_back(question(std::move(asked), dummy_text(characters, words, random)));
  }
  return requests;
}

// What the task is asked about `text`.
Json request_about(serve::TaskKind task, std::string text) {
  switch (task) {
    case serve::TaskKind::kQuestionAnswering:
      return question("Who?", std::move(text));
    case serve::TaskKind::kTextClassification:
      return Json::object({{"sequences", std::move(text)}});
    case serve::TaskKind::kZeroShotTextClassification:
      return Json::object({{"sequences", std::move(text)},
                           {"labels", Json::array({"travel", "technology", "history"})}});
    case serve::TaskKind::kTokenClassification:
    case serve::TaskKind::kEmbeddingExtraction:
      return Json::object({{"inputs", std::move(text)}});
  }
  return {};
}

std::vector<Json> dummy_texts(serve::TaskKind task, const PipelineConfig& config,
                              std::uint64_t seed) {
  Random random(seed, "texts");
  const std::vector<std::string> words = english_words();
  std::vector<Json> requests;
  for (std::size_t i = 0; i < kDummyRequests; ++i)
    requests.push_back(request_about(task, dummy_text(config.gen_sequence_length, words, random)));
  return requests;
}

}  // namespace

PipelineConfig pipeline_config(const Json& json, const std::string& where) {
  const Reader reader(json, where);
  PipelineConfig config;
  const std::string data = reader.text("data_type").value_or("dummy");
  if (data != "dummy" && data != "real") reader.fail("data_type", "\"dummy\" or \"real\"");
  config.data = data == "real" ? PipelineConfig::Data::kReal : PipelineConfig::Data::kDummy;
  config.gen_sequence_length =
      reader.number("gen_sequence_length").value_or(config.gen_sequence_length);
  config.max_string_length = reader.number("max_string_length");
  config.question_file = reader.text("question_file");
  config.context_file = reader.text("context_file");
  config.pipeline_kwargs = reader.object("pipeline_kwargs");
  config.input_schema_kwargs = reader.object("input_schema_kwargs");
  return config;
}

std::vector<Json> pipeline_requests(serve::TaskKind task, const PipelineConfig& config,
                                    std::uint64_t seed) {
  const bool is_question = task == serve::TaskKind::kQuestionAnswering;
  std::vector<Json> requests;
  if (config.data == PipelineConfig::Data::kDummy)
    requests = is_question ? dummy_questions(config, seed) : dummy_texts(task, config, seed);
  else if (is_question)
    requests = real_questions(config);
  else
    throw InputError("real data is there for question_answering alone; " +
                     std::string(serve::task_name(task)) + " takes \"data_type\": \"dummy\"");
  for (Json& request : requests) request = with_kwargs(std::move(request), config);
  return requests;
}

}  // namespace filigree::tools

// Every text task through `filigree run`, on models that make-model makes, against answers of an
// implementation of its own: tests/golden/make_task_goldens.py.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>

#include "serve/json.h"
#include "tests/tools/made_models.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

using serve::Json;

// Both compute in float and sum in different orders; as in made_model_golden_test. The reference's
// probabilities move by at most that much, and margins below it are not in the goldens.
constexpr double kTolerance = 1e-4;

std::optional<double> number(const Json& value) {
  if (const auto* integer = value.as_integer()) return static_cast<double>(*integer);
  if (const auto* real = value.as_double()) return *real;
  return std::nullopt;
}

// Where the two differ first, by path; "" when nowhere. `got` may have a "warning" more.
std::string difference(const Json& got, const Json& want, const std::string& path) {
  const std::string both = path + ": got " + to_text(got) + ", want " + to_text(want);
  if (const auto wanted = number(want)) {
    const auto found = number(got);
    return found && std::abs(*found - *wanted) <= kTolerance ? "" : both;
  }
  if (const auto* list = want.as_array()) {
    if (got.as_array() == nullptr || got.as_array()->size() != list->size()) return both;
    for (std::size_t i = 0; i < list->size(); ++i) {
      std::string inside =
          difference((*got.as_array())[i], (*list)[i], path + "." + std::to_string(i));
      if (!inside.empty()) return inside;
    }
    return "";
  }
  if (const auto* object = want.as_object()) {
    if (!got.is_object()) return both;
    for (const auto& [name, member] : *object) {
      const Json* found = got.find(name);
      if (found == nullptr) return path + ": no '" + name + "'";
      std::string inside = difference(*found, member, path + "." + name);
      if (!inside.empty()) return inside;
    }
    return "";
  }
  return to_text(got) == to_text(want) ? "" : both;
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    values.push_back(std::get<Json>(serve::parse_json(line)));
  return values;
}

// The labels that the goldens were made with instead of LABEL_0, LABEL_1, ...
void name_labels(const std::filesystem::path& folder, const Json& labels) {
  if (labels.is_null()) return;
  Json names = Json::object({});
  for (std::size_t i = 0; i < labels.as_array()->size(); ++i)
    names.add(std::to_string(i), labels.as_array()->at(i));
  Json config = std::get<Json>(serve::parse_json(read_file(folder / "config.json")));
  config.add("id2label", std::move(names));  // the last of equal names counts
  std::ofstream(folder / "config.json") << to_text(config);
}

struct Answers {
  ExitCode code;
  std::string out, err;
};

Answers answers_of(const std::filesystem::path& folder, const Json& run, const std::string& isa) {
  std::string requests;
  for (const Json& request : *run.find("requests")->as_array()) requests += to_text(request) + "\n";
  std::istringstream in(requests);
  std::ostringstream out, err;
  Console console{.in = in, .out = out, .err = err};
  std::vector<std::string> words = {"run",
                                    "--model_path",
                                    folder.string(),
                                    "--task",
                                    *run.find("task")->as_string(),
                                    "--kwargs",
                                    to_text(*run.find("kwargs"))};
  if (!isa.empty()) words.insert(words.end(), {"--isa", isa});
  const ExitCode code = run_program(words, console);
  return {code, out.str(), err.str()};
}

void expect_answers(const std::filesystem::path& folder, const Json& run) {
  SCOPED_TRACE(*run.find("task")->as_string() + " " + to_text(*run.find("kwargs")));
  const Answers answers = answers_of(folder, run, "");
  ASSERT_EQ(answers.code, ExitCode::kOk) << answers.err << answers.out;
  EXPECT_EQ(answers_of(folder, run, "scalar").out, answers.out);
  const std::vector<Json> got = lines_of(answers.out);
  const auto& want = *run.find("answers")->as_array();
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(difference(got[i], want[i], "answer " + std::to_string(i)), "");
}

TEST(TaskGolden, EveryTaskAnswersAsTheReferenceDoesAndWithTheSameBitsOnEveryIsa) {
  const MadeModels models;
  const auto parsed = serve::parse_json(
      read_file(std::filesystem::path(FILIGREE_SOURCE_DIR) / "tests/data/tasks.json"));
  for (const Json& model : *std::get<Json>(parsed).as_array()) {
    const std::string name = *model.find("name")->as_string();
    SCOPED_TRACE(name);
    const auto folder = models.make(name, *model.find("flags")->as_string());
    name_labels(folder, *model.find("labels"));
    for (const Json& run : *model.find("runs")->as_array()) expect_answers(folder, run);
  }
}

}  // namespace
}  // namespace filigree::tools

#include "tools/evaluation/squad_dataset.h"

#include <algorithm>
#include <unordered_set>

#include "tools/cli/errors.h"
#include "tools/cli/json.h"

namespace filigree::tools {
namespace {

std::string at(const std::string& where, const char* field, std::size_t index) {
  return where + "." + field + "[" + std::to_string(index) + "]";
}

std::vector<std::string> answers_of(const Json& question, const std::string& where) {
  std::vector<std::string> texts;
  const Json::Array& answers = array_member(question, "answers", where);
  for (std::size_t i = 0; i < answers.size(); ++i)
    texts.push_back(string_member(answers[i], "text", at(where, "answers", i)));
  if (texts.empty())
    throw InputError(where + ": 'answers' is empty, expected at least one (SQuAD v1.1)");
  return texts;
}

SquadQuestion question_of(const Json& question, std::shared_ptr<const std::string> context,
                          const std::string& where) {
  return {.id = string_member(question, "id", where),
          .question = string_member(question, "question", where),
          .context = std::move(context),
          .answers = answers_of(question, where)};
}

std::shared_ptr<const std::string> context_of(const Json& object, const std::string& where) {
  return std::make_shared<const std::string>(string_member(object, "context", where));
}

std::vector<SquadQuestion> parse_articles(const Json& root, const std::string& file) {
  std::vector<SquadQuestion> questions;
  const Json::Array& articles = array_member(root, "data", file);
  for (std::size_t a = 0; a < articles.size(); ++a) {
    const std::string article = file + ": data[" + std::to_string(a) + "]";
    const Json::Array& paragraphs = array_member(articles[a], "paragraphs", article);
    for (std::size_t p = 0; p < paragraphs.size(); ++p) {
      const std::string paragraph = at(article, "paragraphs", p);
      const auto context = context_of(paragraphs[p], paragraph);
      const Json::Array& qas = array_member(paragraphs[p], "qas", paragraph);
      for (std::size_t q = 0; q < qas.size(); ++q)
        questions.push_back(question_of(qas[q], context, at(paragraph, "qas", q)));
    }
  }
  return questions;
}

// The text up to the next end of line; `rest` then begins after it.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

std::vector<SquadQuestion> parse_lines(std::string_view content, const std::string& file) {
  std::vector<SquadQuestion> questions;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::string_view line = take_line(content);
    if (is_blank(line)) continue;
    const std::string where = file + ": line " + std::to_string(number);
    const Json object = json_of(line, where);
    questions.push_back(question_of(object, context_of(object, where), where));
  }
  return questions;
}

// JSON lines have a complete object on their first line, which is not the whole data set.
bool is_json_lines(std::string_view content) {
  while (!content.empty()) {
    const std::string_view line = take_line(content);
    if (is_blank(line)) continue;
    const auto first = serve::parse_json(line);
    const Json* object = std::get_if<Json>(&first);
    return object != nullptr && object->is_object() && object->find("data") == nullptr;
  }
  return true;
}

}  // namespace

std::vector<SquadQuestion> parse_squad(std::string_view content, const std::string& file) {
  std::vector<SquadQuestion> questions = is_json_lines(content)
                                             ? parse_lines(content, file)
                                             : parse_articles(json_of(content, file), file);
  if (questions.empty()) throw InputError(file + ": found no question");
  std::unordered_set<std::string_view> ids;
  for (const SquadQuestion& question : questions)
    if (!ids.insert(question.id).second)
      throw InputError(file + ": id '" + question.id + "' occurs twice");
  return questions;
}

}  // namespace filigree::tools

// Question answering data: SQuAD v1.1 JSON ({"data": [{"paragraphs": [{"context", "qas"}]}]}), or
// JSON lines with
// {"id", "question", "context", "answers": [{"text"}]}. Which of the two is seen from the content.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::tools {

struct SquadQuestion {
  std::string id;
  std::string question;
  std::shared_ptr<const std::string> context;  // shared by the questions of one paragraph
  std::vector<std::string> answers;            // at least one
};

// Throws InputError naming `file`, the line or the path of the field, what was found and what is
// expected. Ids must be unique; an empty data set is an error. `content` must be UTF-8.
std::vector<SquadQuestion> parse_squad(std::string_view content, const std::string& file);

}  // namespace filigree::tools

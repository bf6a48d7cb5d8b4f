#include <ostream>

#include "tokenizer/tokenizer.h"
#include "tools/cli/json.h"
#include "tools/cli/json_lines.h"
#include "tools/commands/commands.h"
#include "tools/commands/model_argument.h"

namespace filigree::tools {
namespace {

Json integers(const std::vector<std::int32_t>& values) {
  Json::Array items;
  for (const std::int32_t value : values) items.emplace_back(value);
  return items;
}

std::string encoding_line(const tokenizer::Tokenizer& tokenizer,
                          const tokenizer::Encoding& encoding) {
  Json::Array offsets, tokens;
  for (const tokenizer::Offset offset : encoding.offsets)
    offsets.push_back(Json::array({std::size_t{offset.begin}, std::size_t{offset.end}}));
  for (const std::int32_t id : encoding.ids) tokens.emplace_back(tokenizer.token(id));
  return serve::to_text(Json::object({{"ids", integers(encoding.ids)},
                                      {"type_ids", integers(encoding.type_ids)},
                                      {"offsets", std::move(offsets)},
                                      {"tokens", std::move(tokens)}}));
}

tokenizer::Encoding encode_line(const tokenizer::Tokenizer& tokenizer, const NumberedLine& line) {
  const std::string where = "line " + std::to_string(line.number);
  const Json request = json_of(line.text, where);
  const std::string& text = string_member(request, "text", where);
  if (request.find("pair") == nullptr) return tokenizer.encode(text);
  return tokenizer.encode(text, string_member(request, "pair", where));
}

ExitCode tokenize(const Arguments& arguments, Console& console) {
  const auto tokenizer =
      tokenizer::Tokenizer::from_folder(model_argument(arguments.required("model-path")));
  ExitCode code = ExitCode::kOk;
  for (NumberedLine line; next_line(console.in, line);) {
    try {
      console.out << encoding_line(tokenizer, encode_line(tokenizer, line)) << "\n";
    } catch (const InputError& error) {
      console.out << error_line(line.number, error.what()) << "\n";
      code = ExitCode::kResultSaysNo;
    }
    if (!input_waits(console.in)) console.out.flush();
  }
  return code;
}

}  // namespace

Command tokenize_command() {
  return {
      .usage = {.command = "tokenize",
                .summary =
                    "Tokenises JSON lines {\"text\", optional \"pair\"} from the standard input.",
                .operands = "< texts.jsonl",
                .flags = {{"model-path", "DIR",
                           "folder with tokenizer.json or vocab.txt, or a zoo: or hf: name"}},
                .example = "echo '{\"text\": \"Hello\"}' | filigree tokenize --model_path DIR"},
      .run = tokenize};
}

}  // namespace filigree::tools

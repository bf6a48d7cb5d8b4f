#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <span>
#include <utility>

#include "serve/config/logging_fields.h"

namespace filigree::serve {
namespace {

constexpr std::string_view kFunctions[] = {
    "identity",      "string_length", "percent_unknown_tokens", "answer_found",
    "answer_length", "answer_score",  "percent_zero_labels",    "mean_score"};
constexpr std::string_view kTargets[] = {"pipeline_inputs", "engine_inputs", "engine_outputs",
                                         "pipeline_outputs"};
constexpr std::string_view kImageFunctions[] = {"image_shape",
                                                "mean_pixels_per_channel",
                                                "std_pixels_per_channel",
                                                "fraction_zeros",
                                                "detected_classes",
                                                "number_detected_objects",
                                                "mean_score_per_detection",
                                                "std_score_per_detection",
                                                "predicted_classes",
                                                "predicted_top_score"};
constexpr std::string_view kLoggers[] = {"python", "prometheus"};

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

[[noreturn]] void refuse_function(const Fields& fields, const std::string& name) {
  const std::size_t line = fields.line_of("func");
  if (std::ranges::find(kImageFunctions, name) != std::end(kImageFunctions))
    fields.fail(line, "function '" + name + "' is one of images; expected " + listed(kFunctions));
  if (name.find(':') != std::string::npos || name.starts_with("numpy.") ||
      name.starts_with("torch."))
    fields.fail(line, "function '" + name +
                          "' runs Python code, which filigree never does; log 'identity' and "
                          "compute it where the values are read, or use one of " +
                          listed(kFunctions));
  fields.fail(line, "function '" + name + "' is unknown, expected " + listed(kFunctions));
}

LogFunction function_of(const Fields& fields) {
  fields.required("func");
  const std::string name = *fields.text("func");
  const auto found = std::ranges::find(kFunctions, name);
  if (found == std::end(kFunctions)) refuse_function(fields, name);
  return static_cast<LogFunction>(found - std::begin(kFunctions));
}

// Which target a function understands; nullopt: every one with text in it.
std::optional<LogTarget> only_target(LogFunction function) {
  switch (function) {
    case LogFunction::kIdentity:
    case LogFunction::kStringLength:
      return std::nullopt;
    case LogFunction::kPercentUnknownTokens:
      return LogTarget::kEngineInputs;
    default:
      return LogTarget::kPipelineOutputs;
  }
}

class TargetReader {
 public:
  TargetReader(const Fields& fields, const YamlNode& key) : fields_(fields), key_(key) {}

  // "pipeline_inputs.sequences[0]", "pipeline_inputs['a b']".
  void read(DataLog& log) {
    rest_ = key_.scalar;
    const std::string_view word = take_name();
    const auto found = std::ranges::find(kTargets, word);
    if (found == std::end(kTargets)) fail();
    log.target = static_cast<LogTarget>(found - std::begin(kTargets));
    log.name = key_.scalar;
    while (!rest_.empty()) log.path.push_back(take_step());
  }

 private:
  std::string_view take_name() {
    const std::string_view name = rest_.substr(0, rest_.find_first_of(".["));
    rest_.remove_prefix(name.size());
    if (name.empty()) fail();
    return name;
  }

  std::variant<std::string, std::int64_t> take_step() {
    const char kind = rest_.front();
    rest_.remove_prefix(1);
    if (kind == '.') return std::string(take_name());
    const std::size_t end = rest_.find(']');
    if (end == std::string_view::npos) fail();
    const std::string_view inside = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (inside.size() > 2 && (inside.front() == '\'' || inside.front() == '"') &&
        inside.back() == inside.front())
      return std::string(inside.substr(1, inside.size() - 2));
    std::int64_t index = 0;
    const char* last = inside.data() + inside.size();
    const auto parsed = std::from_chars(inside.data(), last, index);
    if (parsed.ec != std::errc() || parsed.ptr != last) fail();
    return index;
  }

  [[noreturn]] void fail() const {
    fields_.fail(key_.line, "'data_logging' has the target '" + key_.scalar +
                                "', expected one of " + listed(kTargets) +
                                " with members and indices behind it (.name, [0], ['name']), "
                                "re:EXPRESSION or predefined");
  }

  const Fields& fields_;
  const YamlNode& key_;
  std::string_view rest_;
};

class DataReader {
 public:
  DataReader(const std::string& file, std::vector<DataLog>& logs) : file_(file), logs_(logs) {}

  void read(const YamlNode& node) {
    const Fields targets(node, "data_logging", file_);
    for (const auto& [key, functions] : targets.members()) {
      if (functions.kind != YamlNode::Kind::kSequence)
        targets.fail(functions.line, "'data_logging' gives " + quoted_key(key) + " " +
                                         describe(functions) + ", expected a list of functions");
      for (const YamlNode& item : functions.items) read_function(key, item);
    }
  }

 private:
  static std::string quoted_key(const YamlNode& key) { return serve::quoted(key.scalar); }

  void read_function(const YamlNode& key, const YamlNode& item) {
    const Fields fields(item, "function of " + quoted_key(key), file_);
    constexpr std::string_view kKeys[] = {"func", "frequency", "target_loggers"};
    fields.allow(kKeys);
    DataLog log{};
    log.frequency = fields.count("frequency", 1).value_or(1);
    log.loggers = logger_choice(fields);
    if (key.scalar == "predefined") return add_group(fields, log);
    log.function = function_of(fields);
    if (key.scalar.starts_with("re:")) return add_matching(key, fields, log);
    TargetReader(fields, key).read(log);
    add(fields, std::move(log));
  }

  void add(const Fields& fields, DataLog log) {
    const auto only = only_target(log.function);
    if (only && *only != log.target)
      fields.fail(fields.line_of("func"), "function '" + std::string(function_name(log.function)) +
                                              "' is one of " + std::string(target_name(*only)) +
                                              ", found it at " + serve::quoted(log.name));
    logs_.push_back(std::move(log));
  }

  void add_matching(const YamlNode& key, const Fields& fields, DataLog log) {
    constexpr std::size_t kLongest = 256;  // std::regex recurses
    const std::string expression = key.scalar.substr(3);
    std::size_t matches = 0;
    try {
      if (expression.size() > kLongest)
        throw std::regex_error(std::regex_constants::error_complexity);
      const std::regex regex(expression);
      for (std::size_t i = 0; i < std::size(kTargets); ++i) {
        log.target = static_cast<LogTarget>(i);
        log.name = kTargets[i];
        const auto only = only_target(log.function);
        if (!std::regex_match(log.name, regex) || (only && *only != log.target)) continue;
        logs_.push_back(log);
        ++matches;
      }
    } catch (const std::regex_error& error) {
      fields.fail(key.line, "'" + key.scalar + "' is no regular expression: " + error.what());
    }
    if (matches == 0)
      fields.fail(key.line, "'" + key.scalar + "' matches no target that the function understands");
  }

  // What DeepSparse logs for a task.
  void add_group(const Fields& fields, const DataLog& standard) {
    fields.required("func");
    const std::string name = *fields.text("func");
    struct Entry {
      std::string_view group, target;
      LogFunction function;
    };
    constexpr Entry kEntries[] = {
        {"question_answering", "pipeline_inputs.question", LogFunction::kStringLength},
        {"question_answering", "pipeline_inputs.context", LogFunction::kStringLength},
        {"question_answering", "pipeline_outputs", LogFunction::kAnswerFound},
        {"question_answering", "pipeline_outputs", LogFunction::kAnswerLength},
        {"question_answering", "pipeline_outputs", LogFunction::kAnswerScore},
        {"text_classification", "pipeline_inputs.sequences", LogFunction::kStringLength},
        {"zero_shot_text_classification", "pipeline_inputs.sequences", LogFunction::kStringLength},
        {"token_classification", "pipeline_inputs.inputs", LogFunction::kStringLength},
        {"token_classification", "pipeline_outputs", LogFunction::kPercentZeroLabels},
        {"token_classification", "pipeline_outputs", LogFunction::kMeanScore}};
    std::size_t found = 0;
    for (const Entry& entry : kEntries) {
      if (entry.group != name) continue;
      DataLog log = standard;
      log.function = entry.function;
      YamlNode key;
      key.scalar = entry.target;
      TargetReader(fields, key).read(log);
      logs_.push_back(std::move(log));
      ++found;
    }
    if (found == 0)
      fields.fail(fields.line_of("func"),
                  "'predefined' has no group '" + name +
                      "', expected question_answering, text_classification, "
                      "zero_shot_text_classification or token_classification");
  }

  const std::string& file_;
  std::vector<DataLog>& logs_;
};

}  // namespace

bool is_logger(std::string_view name) noexcept {
  return std::ranges::find(kLoggers, name) != std::end(kLoggers);
}

LoggerChoice logger_choice(const Fields& fields) {
  LoggerChoice choice;
  const YamlNode* node = fields.find("target_loggers");
  if (node == nullptr) return choice;
  if (node->kind != YamlNode::Kind::kSequence)
    fields.fail(node->line, "'target_loggers' is " + describe(*node) + ", expected a list");
  for (const YamlNode& item : node->items) {
    if (!is_logger(item.scalar))
      fields.fail(item.line,
                  "'target_loggers' has " + describe(item) + ", expected " + listed(kLoggers));
    choice.names.push_back(item.scalar);
  }
  return choice;
}

std::vector<DataLog> data_logs(const YamlNode& node, const std::string& file) {
  std::vector<DataLog> logs;
  DataReader(file, logs).read(node);
  return logs;
}

std::string_view function_name(LogFunction function) noexcept {
  return kFunctions[static_cast<std::size_t>(function)];
}

std::string_view target_name(LogTarget target) noexcept {
  return kTargets[static_cast<std::size_t>(target)];
}

}  // namespace filigree::serve

#include <utility>

#include "serve/tasks/ascii.h"
#include "serve/tasks/zero_shot.h"

namespace filigree::serve {
namespace {

// The hypotheses of a request are made before any is computed: a long template with many labels
// must not become much more than the request was.
constexpr std::size_t kMostHypothesisBytes = std::size_t{4} << 20;

std::vector<std::string> read_labels(const Json& request, const ZeroShotOptions& options,
                                     FieldErrors& errors) {
  const Json* given = request.find("labels");
  if (given == nullptr || given->is_null()) {
    if (options.labels) return *options.labels;
    errors.push_back({{"labels"},
                      "field required: the endpoint has no labels of its own",
                      "value_error.missing"});
    return {};
  }
  if (options.labels) {
    errors.push_back({{"labels"},
                      "the endpoint has labels of its own, expected none in the request",
                      "value_error"});
    return {};
  }
  Texts read = read_texts(*given, "labels", errors);
  if (!read.is_list && !read.texts.empty()) read.texts = comma_separated(read.texts.front());
  if (read.texts.empty() && errors.empty())
    errors.push_back(
        {{"labels"}, "ensure this value has at least 1 items", "value_error.list.min_items"});
  return std::move(read.texts);
}

void check_size(const ZeroShotRequest& request, FieldErrors& errors) {
  const std::size_t texts = request.sequences.texts.size();
  const std::size_t labels = request.labels.size();
  if (texts * labels > kMostSequences)
    errors.push_back({{"sequences"},
                      std::to_string(texts) + " sequences times " + std::to_string(labels) +
                          " labels expected to be at most " + std::to_string(kMostSequences),
                      "value_error.list.max_items"});
  std::size_t bytes = 0;
  for (const std::string& label : request.labels)
    bytes += request.hypothesis_template.size() + label.size();
  if (bytes > kMostHypothesisBytes)
    errors.push_back({{"hypothesis_template"},
                      "with all labels it has " + std::to_string(bytes) +
                          " bytes, expected at most " + std::to_string(kMostHypothesisBytes),
                      "value_error"});
}

// `items` for a list of texts, the only one of them for one text.
Json list_or_only(bool is_list, Json::Array items) {
  return is_list ? Json(std::move(items)) : std::move(items.front());
}

Json answer_of(const ZeroShot& pipeline, const ZeroShotRequest& request,
               std::span<const runtime::SequenceOutput> outputs) {
  Json::Array texts, labels, scores;
  const std::size_t count = request.labels.size();
  for (std::size_t i = 0; i < request.sequences.texts.size(); ++i) {
    const RankedText ranked = pipeline.rank(outputs.subspan(i * count, count), request.multi_class);
    Json names = Json::array({});
    Json numbers = Json::array({});
    for (const std::size_t label : ranked.labels) names.add(request.labels[label]);
    for (const float score : ranked.scores) numbers.add(shortest(score));
    texts.emplace_back(request.sequences.texts[i]);
    labels.push_back(std::move(names));
    scores.push_back(std::move(numbers));
  }
  const bool is_list = request.sequences.is_list;
  return Json::object({{"sequences", list_or_only(is_list, std::move(texts))},
                       {"labels", list_or_only(is_list, std::move(labels))},
                       {"scores", list_or_only(is_list, std::move(scores))}});
}

}  // namespace

std::variant<ZeroShotRequest, FieldErrors> zero_shot_request(const Json& request,
                                                             const ZeroShotOptions& options) {
  FieldErrors errors;
  if (!expect_object(request, "'sequences' and 'labels'", errors)) return errors;
  ZeroShotRequest read;
  if (const Json* texts = required_member(request, "sequences", errors))
    read.sequences = read_texts(*texts, "sequences", errors);
  read.labels = read_labels(request, options, errors);
  read.hypothesis_template =
      optional_text(request, "hypothesis_template", errors).value_or(options.hypothesis_template);
  if (!hypothesis(read.hypothesis_template, ""))
    errors.push_back(
        {{"hypothesis_template"}, "expected a text with {} where the label goes", "value_error"});
  read.multi_class = optional_boolean(request, "multi_class", errors).value_or(options.multi_class);
  if (errors.empty()) check_size(read, errors);
  if (!errors.empty()) return errors;
  return read;
}

Task zero_shot_task(std::shared_ptr<const ZeroShot> pipeline) {
  return [pipeline = std::move(pipeline)](const Json& json) -> PreparedOrErrors {
    auto read = zero_shot_request(json, pipeline->options());
    if (auto* errors = std::get_if<FieldErrors>(&read)) return std::move(*errors);
    auto request = std::make_shared<ZeroShotRequest>(std::get<ZeroShotRequest>(std::move(read)));
    CutReport cuts(pipeline->sequence_length());
    auto sequences = pipeline->sequences(*request, cuts);
    if (auto* errors = std::get_if<FieldErrors>(&sequences)) return std::move(*errors);
    PreparedTask task;
    task.sequences = std::get<std::vector<runtime::Sequence>>(std::move(sequences));
    task.finish = [pipeline, request, warning = cuts.warning(request->sequences.texts.size())](
                      std::span<const runtime::SequenceOutput> outputs) {
      Json answer = answer_of(*pipeline, *request, outputs);
      add_warning(answer, warning);
      return answer;
    };
    return task;
  };
}

}  // namespace filigree::serve

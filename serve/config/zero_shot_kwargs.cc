#include "serve/config/task_kwargs.h"
#include "serve/tasks/ascii.h"

namespace filigree::serve {
namespace {

void read_model_config(const Fields& fields, ZeroShotOptions& options) {
  constexpr std::string_view kKnown[] = {"hypothesis_template", "entailment_index",
                                         "contradiction_index", "multi_class"};
  fields.allow(kKnown);
  options.hypothesis_template =
      fields.text("hypothesis_template").value_or(options.hypothesis_template);
  if (!hypothesis(options.hypothesis_template, "label"))
    fields.fail(fields.line_of("hypothesis_template"),
                "hypothesis_template is '" + options.hypothesis_template +
                    "', expected a text with {} where the label goes");
  options.entailment_index = fields.count("entailment_index", 0).value_or(options.entailment_index);
  options.contradiction_index =
      fields.count("contradiction_index", 0).value_or(options.contradiction_index);
  options.multi_class = fields.boolean("multi_class").value_or(options.multi_class);
}

void read_labels(const Fields& fields, ZeroShotOptions& options) {
  const YamlNode* node = fields.find("labels");
  if (node == nullptr) return;
  options.labels = node->kind == YamlNode::Kind::kScalar ? comma_separated(node->scalar)
                                                         : fields.texts("labels");
  if (options.labels->empty())
    fields.fail(node->line, "'labels' is empty, expected at least one label");
}

}  // namespace

void read_kwargs(const KwargsText& kwargs, ZeroShotOptions& options) {
  constexpr std::string_view kRead[] = {"model_scheme", "model_config", "labels"};
  const Fields& fields = kwargs.fields;
  options.sequence_length =
      read_common_kwargs(kwargs, {kRead, {}}).value_or(options.sequence_length);
  if (const auto scheme = fields.text("model_scheme"); scheme && *scheme != "mnli")
    fields.fail(fields.line_of("model_scheme"), "model_scheme is '" + *scheme + "', expected mnli");
  if (const YamlNode* config = fields.find("model_config"))
    read_model_config(Fields(*config, "model_config", kwargs.file), options);
  read_labels(fields, options);
}

}  // namespace filigree::serve

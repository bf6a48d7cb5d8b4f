#include "serve/tasks/labels.h"

#include <stdexcept>

namespace filigree::serve {

std::vector<std::string> labels_of_head(const TaskParts& parts, const Head& head,
                                        std::string_view task) {
  const std::string expected = std::string(task) + " expected the " + std::to_string(head.width) +
                               " labels of '" + head.name + "' as id2label";
  if (!parts.config)
    throw std::runtime_error(parts.model->file + ": there is no config.json beside it, " +
                             expected);
  if (parts.config->labels.size() != head.width)
    throw std::runtime_error(parts.config->file + ": names " +
                             std::to_string(parts.config->labels.size()) + " labels, " + expected);
  return parts.config->labels;
}

}  // namespace filigree::serve

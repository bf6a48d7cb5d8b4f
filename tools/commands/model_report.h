// What `inspect` prints of a model, as text and as JSON.
#pragma once

#include <string>

#include "loader/model.h"

namespace filigree::tools {

struct ModelReport {
  loader::Graph signature;  // inputs, outputs and operators of the file as it is
  std::shared_ptr<const loader::Model> model;
};

std::string report_text(const ModelReport& report);
std::string report_json(const ModelReport& report);

}  // namespace filigree::tools

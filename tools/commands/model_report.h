// What `inspect` prints of a model, as text and as JSON.
#pragma once

#include <string>

#include "loader/model.h"
#include "serve/json.h"

namespace filigree::tools {

struct ModelReport {
  loader::Graph signature;  // inputs, outputs and operators of the file as it is
  std::shared_ptr<const loader::Model> model;
  serve::Json card;  // card.json beside the file; null when there is none
};

std::string report_text(const ModelReport& report);
std::string report_json(const ModelReport& report);

}  // namespace filigree::tools

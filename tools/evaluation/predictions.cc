#include "tools/evaluation/predictions.h"

#include "serve/json.h"

namespace filigree::tools {

std::string predictions_json(std::span<const Prediction> predictions) {
  std::string text = "{";
  for (const Prediction& prediction : predictions) {
    text += text.size() == 1 ? "\n" : ",\n";
    text +=
        serve::to_text(prediction.id) + ": " + serve::to_text(serve::to_json(prediction.answer));
  }
  return text + "\n}\n";
}

std::string predictions_json_lines(std::span<const Prediction> predictions) {
  std::string text;
  for (const Prediction& prediction : predictions) {
    serve::Json::Object members = *serve::to_json(prediction.answer).as_object();
    members.insert(members.begin(), {"id", prediction.id});
    text += serve::to_text(members) + "\n";
  }
  return text;
}

}  // namespace filigree::tools

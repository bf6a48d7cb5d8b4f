// config.json and card.json of a made model.
#pragma once

#include <cstddef>
#include <string>

#include "tools/model_maker/model_spec.h"

namespace filigree::tools {

// As Hugging Face writes it for the family and head.
std::string config_json(const ModelSpec& spec);

// What the model is, for readers and for the server: weights "random".
std::string card_json(const ModelSpec& spec, const std::string& name, std::size_t file_bytes);

}  // namespace filigree::tools

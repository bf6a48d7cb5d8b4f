// GET /openapi.json: every path of a deployment, with schemas and examples of requests and answers.
#pragma once

#include "serve/http/deployment.h"
#include "serve/json.h"

namespace filigree::serve {

enum class Authorization { kNone, kApiKey };

// OpenAPI 3.1.0, made of the router's own routes, so that none is left out. Complete in itself: no
// reference leads to another document. Every example of a request is one that the server answers
// with 200, provided that the model is ready; those of /endpoints in their order, and when the
// model of the first endpoint lies in --model-root. Tensors have an example once their model is
// loaded, whose inputs they name.
Json openapi(const Deployment& deployment, Authorization authorization);

}  // namespace filigree::serve

// The JSON of every task in the terms of JSON Schema.
#pragma once

#include "serve/json.h"
#include "serve/tasks/task_options.h"

namespace filigree::serve {

struct TaskSchemas {
  Json request, response;  // what exactly the task accepts, as far as a schema can say it
  Json example;            // a request
};

TaskSchemas task_schemas(const TaskOptions& options);

}  // namespace filigree::serve

// What the opaque types of filigree.h are.
#pragma once

#include <memory>

#include "loader/model.h"
#include "runtime/c_api/filigree.h"
#include "runtime/engine.h"

struct filigree_engine {
  filigree::runtime::Engine engine;
};

struct filigree_model {
  std::shared_ptr<const filigree::loader::Model> model;
};

struct filigree_result {
  std::shared_ptr<const filigree::loader::Model> model;  // has the names of the outputs
  filigree::runtime::Response response;
};

#include "serve/http/backend.h"

#include <utility>

namespace filigree::serve {

Backend loading_backend(kernels::Isa isa) {
  Backend backend;
  backend.load_model = [isa](const std::filesystem::path& path, loader::LoadOptions options) {
    options.isa = isa;
    return loader::load_model(path, options);
  };
  backend.load_tokenizer = [](const std::filesystem::path& folder) {
    return std::make_shared<const tokenizer::Tokenizer>(tokenizer::Tokenizer::from_folder(folder));
  };
  backend.load_config = read_model_config;
  return backend;
}

Backend engine_backend(runtime::Engine& engine) {
  Backend backend = loading_backend(engine.isa());
  backend.submit = [&engine](runtime::Request request, runtime::Done done) {
    engine.submit(std::move(request), std::move(done));
  };
  backend.queued_requests = [&engine] { return engine.queued_requests(); };
  backend.drain = [&engine] { engine.drain(); };
  backend.stop = [&engine] { engine.stop(); };
  backend.isa = kernels::isa_name(engine.isa());
  backend.cores = engine.cores();
  return backend;
}

}  // namespace filigree::serve

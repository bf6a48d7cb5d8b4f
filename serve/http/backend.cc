#include "serve/http/backend.h"

#include <utility>

#include "loader/expected_memory.h"

namespace filigree::serve {

Backend loading_backend(kernels::Isa isa, loader::LoadOptions::Cache cache,
                        loader::WeightPlacement placement) {
  Backend backend;
  backend.expected_memory = [isa, cache](const std::filesystem::path& path,
                                         loader::LoadOptions options) {
    options.isa = isa;
    options.cache = cache;
    return loader::expected_memory_bytes(path, options);
  };
  backend.load_model = [isa, cache = std::move(cache), placement = std::move(placement)](
                           const std::filesystem::path& path, loader::LoadOptions options) {
    options.isa = isa;
    options.cache = cache;
    options.placement = placement;
    return loader::load_model(path, options);
  };
  backend.load_tokenizer = [](const std::filesystem::path& folder) {
    return std::make_shared<const tokenizer::Tokenizer>(tokenizer::Tokenizer::from_folder(folder));
  };
  backend.load_config = read_model_config;
  return backend;
}

Backend engine_backend(runtime::Engine& engine, loader::LoadOptions::Cache cache) {
  Backend backend = loading_backend(engine.isa(), std::move(cache), engine.weight_placement());
  backend.submit = [&engine](runtime::Request request, runtime::Done done) {
    engine.submit(std::move(request), std::move(done));
  };
  backend.queued_requests = [&engine] { return engine.queued_requests(); };
  backend.queued_tokens = [&engine] { return engine.queued_tokens(); };
  backend.batch_sizes = [&engine] { return engine.batch_sizes(); };
  backend.drain = [&engine] { engine.drain(); };
  backend.stop = [&engine] { engine.stop(); };
  backend.isa = kernels::isa_name(engine.isa());
  backend.cores = engine.cores();
  return backend;
}

}  // namespace filigree::serve

#include "serve/http/backend.h"

#include <memory>
#include <string>
#include <utility>

#include "loader/cache_writer.h"
#include "loader/expected_memory.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

// Without a writer models are kept before they are ready. `loading` is what the options given to
// the function do not say.
auto model_loader(loader::LoadOptions loading, std::shared_ptr<loader::CacheWriter> writer) {
  return [loading = std::move(loading), writer = std::move(writer)](
             const std::filesystem::path& path, loader::LoadOptions options) {
    options.isa = loading.isa;
    options.threads = loading.threads;
    options.cache = loading.cache;
    options.placement = loading.placement;
    return writer == nullptr ? loader::load_model(path, options)
                             : loader::load_model(path, options, *writer);
  };
}

}  // namespace

Backend loading_backend(kernels::Isa isa, loader::LoadOptions::Cache cache) {
  Backend backend;
  backend.expected_memory = [isa, cache](const std::filesystem::path& path,
                                         loader::LoadOptions options) {
    options.isa = isa;
    options.cache = cache;
    return loader::expected_memory_bytes(path, options);
  };
  backend.load_model = model_loader({.isa = isa, .cache = std::move(cache)}, nullptr);
  backend.load_tokenizer = [](const std::filesystem::path& folder) {
    return std::make_shared<const tokenizer::Tokenizer>(tokenizer::Tokenizer::from_folder(folder));
  };
  backend.load_config = read_model_config;
  return backend;
}

Backend engine_backend(runtime::Engine& engine, loader::LoadOptions::Cache cache) {
  Backend backend = loading_backend(engine.isa(), cache);
  backend.load_model =
      model_loader({.isa = engine.isa(),
                    .threads = engine.cores(),
                    .cache = std::move(cache),
                    .placement = engine.weight_placement()},
                   std::make_shared<loader::CacheWriter>([](const std::string& error) {
                     log(LogLevel::kWarning, "a packed model is not kept: " + error);
                   }));
  backend.submit = [&engine](runtime::Request request, runtime::Done done) {
    engine.submit(std::move(request), std::move(done));
  };
  backend.expect = [&engine] { engine.expect(); };
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

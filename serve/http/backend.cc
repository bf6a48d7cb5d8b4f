#include "serve/http/backend.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "loader/cache_writer.h"
#include "loader/expected_memory.h"
#include "serve/http/giving_way.h"
#include "serve/http/shared_tokenizers.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

// Between two requests of one client: answers that follow each other are one time of being busy.
constexpr std::chrono::milliseconds kStillBusy{5};

// What the options given to a function of the backend do not say.
void take_over(const loader::LoadOptions& loading, loader::LoadOptions& options) {
  options.isa = loading.isa;
  options.threads = loading.threads;
  options.cache = loading.cache;
  options.placement = loading.placement;
}

// Without a writer models are kept before they are ready.
auto model_loader(loader::LoadOptions loading, std::shared_ptr<loader::CacheWriter> writer) {
  return [loading = std::move(loading), writer = std::move(writer)](
             const std::filesystem::path& path, loader::LoadOptions options) {
    take_over(loading, options);
    return writer == nullptr ? loader::load_model(path, options)
                             : loader::load_model(path, options, *writer);
  };
}

}  // namespace

Backend loading_backend(kernels::Isa isa, loader::LoadOptions::Cache cache,
                        loader::WeightPlacement placement) {
  const loader::LoadOptions loading{
      .isa = isa, .cache = std::move(cache), .placement = std::move(placement)};
  Backend backend;
  backend.expected_memory = [loading](const std::filesystem::path& path,
                                      loader::LoadOptions options) {
    take_over(loading, options);
    return loader::expected_memory_bytes(path, options);
  };
  backend.load_model = model_loader(loading, nullptr);
  backend.load_tokenizer =
      [tokenizers = std::make_shared<SharedTokenizers>()](const std::filesystem::path& folder) {
        return tokenizers->load(folder);
      };
  backend.load_config = read_model_config;
  return backend;
}

Backend engine_backend(runtime::Engine& engine, loader::LoadOptions::Cache cache) {
  Backend backend = loading_backend(engine.isa(), cache, engine.weight_placement());
  backend.give_way = giving_way(
      {.busy = [&engine] { return engine.was_active_within(kStillBusy); },
       .wait_for_idle =
           [&engine](std::chrono::nanoseconds longest) { engine.wait_for_idle(longest); }});
  backend.load_model =
      model_loader({.isa = engine.isa(),
                    .threads = engine.cores(),
                    .cache = std::move(cache),
                    .placement = engine.weight_placement()},
                   std::make_shared<loader::CacheWriter>(
                       [](const std::string& error) {
                         log(LogLevel::kWarning, "a packed model is not kept: " + error);
                       },
                       backend.give_way));
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

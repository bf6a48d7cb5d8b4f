#include "tools/commands/serve_check.h"

#include <iomanip>
#include <memory>
#include <ostream>

#include "serve/http/catalog.h"
#include "serve/http/describe.h"
#include "serve/http/page.h"
#include "serve/http/router.h"

namespace filigree::tools {
namespace {

void print_model(const serve::Json& endpoint, std::ostream& out) {
  constexpr double kMegabyte = 1e6;
  out << "  ready: sequence length " << *endpoint.find("sequence_length")->as_integer();
  if (const serve::Json* layers = endpoint.find("layers"))
    out << ", " << *layers->as_integer() << " layers of "
        << *endpoint.find("hidden_size")->as_integer();
  const std::ios_base::fmtflags flags = out.flags();
  out << std::fixed << std::setprecision(1);
  if (const double* sparsity = endpoint.find("sparsity")->as_double())
    out << ", " << 100 * *sparsity << " % zeros";
  out << ", " << static_cast<double>(*endpoint.find("memory_bytes")->as_integer()) / kMegabyte
      << " MB of memory\n";
  out.flags(flags);
}

void print_endpoint(const serve::EndpointConfig& endpoint, const std::vector<std::string>& paths,
                    const serve::EndpointState& state, std::ostream& out) {
  const serve::Json json = serve::describe_endpoint(endpoint, paths, state);
  out << endpoint.name << ": " << *json.find("task")->as_string() << "\n";
  for (const std::string& path : paths) out << "  POST " << path << "\n";
  out << "  model " << endpoint.model_path.string() << "\n";
  if (state.kind == serve::EndpointState::Kind::kReady) return print_model(json, out);
  if (state.kind == serve::EndpointState::Kind::kUnloaded) {
    out << "  ready: loaded when it is asked for, as max_memory does not allow all at once\n";
    return;
  }
  out << "  cannot be served: " << state.error << "\n";
}

}  // namespace

ExitCode check_configuration(const serve::Config& config, const serve::ModelLimits& limits,
                             Console& console) {
  const serve::Router router(config.endpoints, serve::page_files(), config.integration);
  const serve::Backend backend = serve::loading_backend(config.isa->isa, config.cache);
  serve::Catalog catalog(config, backend, std::make_shared<serve::ResidentModels>(limits));
  catalog.load({});
  std::size_t failed = 0;
  for (std::size_t i = 0; i < config.endpoints.size(); ++i) {
    const auto state = catalog.state(i);
    print_endpoint(config.endpoints[i], router.infer_paths(i), *state, console.out);
    failed += state->kind == serve::EndpointState::Kind::kFailed ? 1 : 0;
  }
  if (failed > 0)
    throw InputError(std::to_string(failed) + " of " + std::to_string(config.endpoints.size()) +
                     " endpoints cannot be served");
  return ExitCode::kOk;
}

}  // namespace filigree::tools

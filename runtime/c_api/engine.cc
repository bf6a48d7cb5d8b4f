#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "runtime/c_api/arguments.h"
#include "runtime/c_api/handles.h"
#include "runtime/c_api/status.h"

namespace filigree::runtime {
namespace {

std::string supported_isa_names() {
  std::string names;
  for (const kernels::KernelTable& table : kernels::supported_tables())
    names.append(names.empty() ? "" : ", ").append(kernels::isa_name(table.isa));
  return names;
}

kernels::Isa isa_named(const char* name) {
  if (const auto isa = kernels::parse_isa(name)) return *isa;
  throw std::invalid_argument("options.isa is '" + std::string(name) + "', expected one of " +
                              supported_isa_names());
}

EngineOptions engine_options(const filigree_engine_options* given) {
  EngineOptions options;
  if (given == nullptr) return options;
  const filigree_engine_options known = struct_of_caller(given, "options");
  options.cores = known.cores;
  if (known.isa != nullptr) options.isa = isa_named(known.isa);
  options.batch_tokens = known.batch_tokens;
  return options;
}

}  // namespace
}  // namespace filigree::runtime

using filigree::runtime::engine_options;
using filigree::runtime::guarded;
using filigree::runtime::required;

extern "C" {

filigree_status filigree_engine_create(const filigree_engine_options* options,
                                       filigree_engine** engine, filigree_error** error) {
  return guarded(error, [&] {
    *required(engine, "engine") = nullptr;
    *engine = new filigree_engine{filigree::runtime::Engine(engine_options(options))};
  });
}

void filigree_engine_free(filigree_engine* engine) { delete engine; }

size_t filigree_engine_cores(const filigree_engine* engine) {
  return engine == nullptr ? 0 : engine->engine.cores();
}

const char* filigree_engine_isa(const filigree_engine* engine) {
  // A view of a literal: it ends with a zero.
  return engine == nullptr ? "" : filigree::kernels::isa_name(engine->engine.isa()).data();
}

size_t filigree_engine_memory_bytes(const filigree_engine* engine) {
  return engine == nullptr ? 0 : engine->engine.arena_bytes();
}

}  // extern "C"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <string>
#include <thread>

#include "runtime/affinity.h"
#include "serve/http/heap_arenas.h"
#include "serve/http/server.h"
#include "serve/log.h"

namespace filigree::serve {

void run_until_signal(Server& server, const std::function<void(std::uint16_t port)>& listening) {
  // A reader of the log that goes away must not end the server.
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context context(1);
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  boost::asio::signal_set hangup(context);
  std::function<void()> reopen_on_hangup = [&] {
    hangup.async_wait([&](boost::system::error_code cancelled, int) {
      if (cancelled) return;
      server.reopen_logs();
      reopen_on_hangup();
    });
  };
  // Without a log to reopen, a hang-up means what it means to any program.
  if (server.has_access_log()) {
    hangup.add(SIGHUP);
    reopen_on_hangup();
  }
  signals.async_wait([&](boost::system::error_code, int signal) {
    hangup.cancel();
    log(LogLevel::kInfo, std::string(signal == SIGTERM ? "SIGTERM" : "SIGINT") +
                             ": finishing what is in flight; once more to end at once");
  });
  server.start();
  listening(server.port());
  std::string failure;
  std::jthread watch([&](const std::stop_token& stop) {
    failure = server.failure_at_start(stop);
    if (!failure.empty()) context.stop();
  });
  context.run();
  watch.request_stop();
  watch.join();
  // Gives the signals their default meaning back: the next one ends the process.
  signals.clear();
  server.stop();
  if (!failure.empty()) throw ModelError(failure);
}

void serve(const Config& config, const ServerOptions& options,
           const std::function<void(std::uint16_t port)>& listening) {
  limit_heap_arenas(runtime::process_affinity().size());  // about half as many as threads
  for (const std::string& warning : config.warnings) log(LogLevel::kWarning, warning);
  runtime::EngineOptions queue = engine_options(config);
  queue.max_queued_requests = options.max_queue_requests;
  queue.max_queued_tokens = options.max_queue_tokens;
  runtime::Engine engine(queue);
  log(LogLevel::kInfo, std::string(kernels::isa_name(engine.isa())) +
                           (config.isa ? " (" + config.isa->source + ")" : "") + ", " +
                           engine.cores_reason());
  if (config.scheduler)
    log(LogLevel::kInfo, config.scheduler->source + " is '" +
                             std::string(scheduler_name(config.scheduler->kind)) +
                             "', streams: " + std::to_string(engine.streams()));
  if (!engine.numa_reason().empty()) log(LogLevel::kInfo, engine.numa_reason());
  for (const std::string& warning : engine.warnings()) log(LogLevel::kWarning, warning);
  Server server(config, options, engine_backend(engine, config.cache));
  run_until_signal(server, listening);
}

}  // namespace filigree::serve

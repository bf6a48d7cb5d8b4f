#include "tools/load/load_report.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "serve/http/version.h"
#include "tools/cli/build_commit.h"
#include "tools/hardware/cpu_description.h"

namespace filigree::tools {
namespace {

using serve::Json;

constexpr std::array kShares = {50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99};

std::string decimal(double value, const char* format = "%.3f") {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string share_name(double percent) { return decimal(percent, "%.4g"); }

std::string_view arrivals_name(ArrivalKind kind) {
  return kind == ArrivalKind::kPoisson ? "poisson" : "constant";
}

std::string mode_text(const LoadPlan& plan) {
  if (!plan.open)
    return "closed loop, " + std::to_string(plan.connections) +
           (plan.connections == 1 ? " client" : " clients");
  return "open loop, " + decimal(plan.open->rate, "%g") + " requests/s, " +
         std::string(arrivals_name(plan.open->arrivals)) + " arrivals, at most " +
         std::to_string(plan.connections) + " connections";
}

std::string row(const char* name, const LatencyHistogram& times) {
  std::string text = std::string(name) + " (ms): mean " + decimal(times.mean_ms());
  for (const double percent : kShares)
    text += ", p" + share_name(percent) + " " + decimal(times.percentile_ms(percent));
  return text + ", max " + decimal(times.max_ms()) + "\n";
}

Json json_of(const LatencyHistogram& times) {
  Json json = Json::object({{"mean", times.mean_ms()}, {"min", times.min_ms()}});
  for (const double percent : kShares)
    json.add(share_name(percent) + "%", times.percentile_ms(percent));
  json.add("max", times.max_ms());
  return json;
}

double requests_per_sec(const LoadResult& result) {
  return result.seconds > 0 ? static_cast<double>(result.answers) / result.seconds : 0;
}

}  // namespace

std::uint64_t good_answers(const LoadResult& result) {
  std::uint64_t good = 0;
  for (const auto& [status, count] : result.statuses)
    if (status >= 200 && status < 300) good += count;
  return good;
}

std::string report_text(const LoadPlan& plan, const LoadResult& result) {
  std::string text = "URL: " + plan.method + " " + plan.url.text + "\nMode: " + mode_text(plan) +
                     "\nSeconds: " + decimal(result.seconds) +
                     "\nRequests: " + std::to_string(result.requests) + " (answers " +
                     std::to_string(result.answers) + ", errors " + std::to_string(result.errors) +
                     ", unsent " + std::to_string(result.unsent) +
                     ")\nThroughput (answers/sec): " + decimal(requests_per_sec(result), "%.2f") +
                     "\n" + row("Latency", result.latency);
  if (plan.open) text += row("Service time", result.service) + row("Send delay", result.send_delay);
  for (const auto& [status, count] : result.statuses)
    text += "Status " + std::to_string(status) + ": " + std::to_string(count) + "\n";
  for (const auto& [error, count] : result.error_kinds)
    text += "Error '" + error + "': " + std::to_string(count) + "\n";
  return text + "Received: " + std::to_string(result.received_bytes) + " bytes on " +
         std::to_string(result.connects) + " connections\n";
}

Json report_json(const LoadPlan& plan, const LoadResult& result) {
  Json statuses = Json::object({}), errors = Json::object({});
  for (const auto& [status, count] : result.statuses)
    statuses.add(std::to_string(status), Json(count));
  for (const auto& [error, count] : result.error_kinds) errors.add(error, Json(count));
  Json json = Json::object({{"url", plan.url.text},
                            {"method", plan.method},
                            {"mode", plan.open ? "open" : "closed"},
                            {"connections", plan.connections}});
  if (plan.open) {
    json.add("rate", plan.open->rate);
    json.add("arrivals", arrivals_name(plan.open->arrivals));
  }
  json.add("seed", Json(plan.seed));
  json.add("seconds_to_run", plan.seconds);
  json.add("warmup_time", plan.warmup_seconds);
  json.add("seconds_ran", result.seconds);
  json.add("requests", Json(result.requests));
  json.add("answers", Json(result.answers));
  json.add("errors", Json(result.errors));
  json.add("unsent", Json(result.unsent));
  json.add("answers_per_sec", requests_per_sec(result));
  json.add("statuses", std::move(statuses));
  json.add("error_kinds", std::move(errors));
  json.add("latency_ms", json_of(result.latency));
  json.add("service_ms", json_of(result.service));
  json.add("send_delay_ms", json_of(result.send_delay));
  json.add("received_bytes", Json(result.received_bytes));
  json.add("connects", Json(result.connects));
  json.add("version", serve::version());
  json.add("commit", build_commit());
  json.add("cpu", read_cpu_description("/").model);
  return json;
}

std::string progress_text(const LoadPlan& plan, double elapsed, const LoadResult& so_far,
                          std::size_t in_flight) {
  if (elapsed < 0) return "warm-up: " + decimal(-elapsed, "%.1f") + " s left";
  const double rate = elapsed > 0 ? static_cast<double>(so_far.answers) / elapsed : 0;
  return decimal(elapsed, "%.1f") + " of " + decimal(plan.seconds, "%.1f") + " s, " +
         std::to_string(so_far.answers) + " answers, " + decimal(rate, "%.0f") + "/s, p50 " +
         decimal(so_far.latency.percentile_ms(50)) + " ms, p99 " +
         decimal(so_far.latency.percentile_ms(99)) + " ms, " + std::to_string(so_far.errors) +
         " errors, " + std::to_string(in_flight) + " in flight";
}

}  // namespace filigree::tools

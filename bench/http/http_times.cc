// Times of HTTP servers on loopback, for bench/http/run. Prints one JSON object.
//
//   http_times added PORT PATH BARE_PORT BODIES.jsonl N
//     what HTTP and text cost beside the engine; µs
//
//   http_times rate PORT BARE_PORT PATH CLIENTS SLICES
//     GETs per second, in turn, 0.25 s each
//
//   http_times latency PORT PATH N
//     GETs of one client, one each 500 µs; µs

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/http/keep_alive_client.h"
#include "serve/http/time_slice.h"

namespace {

using filigree::bench::KeepAliveClient;
using Clock = std::chrono::steady_clock;
using Words = std::vector<std::string>;

double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

double percentile(std::vector<double> values, double percent) {
  std::ranges::sort(values);
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(rank + 0.5)];
}

std::uint16_t port_of(const std::string& word) {
  return static_cast<std::uint16_t>(std::stoul(word));
}

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  if (lines.empty()) throw std::runtime_error(file + ": has no lines");
  return lines;
}

// One exchange of the server and one of the bare server, with the same body, in turn.
void added(const Words& words) {
  KeepAliveClient server(port_of(words.at(0)));
  KeepAliveClient bare(port_of(words.at(2)));
  const auto bodies = lines_of(words.at(3));
  const std::size_t count = std::stoul(words.at(4));
  const std::size_t warmup = count / 10;
  std::vector<double> whole, engine, tokenize, queue, outside, hops, beside, echo;
  for (std::size_t i = 0; i < warmup + count; ++i) {
    const std::string& body = bodies[i % bodies.size()];
    const std::string request = filigree::bench::post_request(words.at(1), body);
    auto begin = Clock::now();
    server.send(request);
    const std::string_view head = server.receive();
    const double time = microseconds(Clock::now() - begin);
    if (i >= warmup) {
      whole.push_back(time);
      engine.push_back(1000 * filigree::bench::number_of(head, "x-inference-time:"));
      tokenize.push_back(1000 * filigree::bench::number_of(head, "x-tokenization-time:"));
      queue.push_back(1000 * filigree::bench::number_of(head, "x-queue-time:"));
      const double total = 1000 * filigree::bench::number_of(head, "x-total-time:");
      outside.push_back(time - total);
      hops.push_back(total - engine.back() - tokenize.back() - queue.back());
      beside.push_back(time - engine.back());
    }
    const std::string same = filigree::bench::post_request("/", body);
    begin = Clock::now();
    bare.send(same);
    bare.receive();
    if (i >= warmup) echo.push_back(microseconds(Clock::now() - begin));
  }
  std::cout << "{\"request\":" << percentile(whole, 50) << ",\"engine\":" << percentile(engine, 50)
            << ",\"tokenize\":" << percentile(tokenize, 50)
            << ",\"network\":" << percentile(outside, 50)
            << ",\"threads_and_answer\":" << percentile(hops, 50)
            << ",\"queue\":" << percentile(queue, 50)
            << ",\"beside_engine\":" << percentile(beside, 50)
            << ",\"bare\":" << percentile(echo, 50)
            << ",\"added\":" << percentile(beside, 50) - percentile(echo, 50) << "}\n";
}

double requests_per_second(std::vector<KeepAliveClient>& clients, const std::string& request) {
  constexpr auto kSlice = std::chrono::milliseconds(250);
  const auto begin = Clock::now();
  std::size_t answers = 0;
  while (Clock::now() - begin < kSlice) {
    for (KeepAliveClient& client : clients) client.send(request);
    for (KeepAliveClient& client : clients) client.receive();
    answers += clients.size();
  }
  return static_cast<double>(answers) * 1e6 / microseconds(Clock::now() - begin);
}

void rate(const Words& words) {
  const std::string request = filigree::bench::get_request(words.at(2));
  std::vector<KeepAliveClient> server, bare;
  for (std::size_t i = 0; i < std::stoul(words.at(3)); ++i) {
    server.emplace_back(port_of(words.at(0)));
    bare.emplace_back(port_of(words.at(1)));
  }
  std::vector<double> rates, bare_rates, ratios;
  for (std::size_t i = 0; i < std::stoul(words.at(4)); ++i) {
    rates.push_back(requests_per_second(server, request));
    bare_rates.push_back(requests_per_second(bare, request));
    ratios.push_back(rates.back() / bare_rates.back());
  }
  std::cout << "{\"rate\":" << percentile(rates, 75) << ",\"bare\":" << percentile(bare_rates, 75)
            << ",\"ratio\":" << percentile(rates, 75) / percentile(bare_rates, 75)
            << ",\"median_of_ratios\":" << percentile(ratios, 50) << "}\n";
}

void latency(const Words& words) {
  constexpr auto kPause = std::chrono::microseconds(500);
  // Of the server alone: this client stands for one on another machine, so that it must not wait
  // for what computes on this one. Where the system does not allow that, part of what is measured
  // is its own waiting.
  const ::sched_param priority{.sched_priority = 1};
  const bool is_at_once = ::sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
  if (!is_at_once) filigree::serve::prefer_time_slices(std::chrono::microseconds(100));
  KeepAliveClient client(port_of(words.at(0)));
  const std::string request = filigree::bench::get_request(words.at(1));
  std::vector<double> times;
  for (std::size_t i = 0; i < std::stoul(words.at(2)); ++i) {
    std::this_thread::sleep_for(kPause);
    const auto begin = Clock::now();
    client.send(request);
    client.receive();
    times.push_back(microseconds(Clock::now() - begin));
  }
  std::cout << "{\"client_at_once\":" << (is_at_once ? "true" : "false")
            << ",\"p50\":" << percentile(times, 50) << ",\"p95\":" << percentile(times, 95)
            << ",\"p98\":" << percentile(times, 98) << ",\"p99\":" << percentile(times, 99)
            << ",\"max\":" << percentile(times, 100) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const Words all(argv + 1, argv + argc);
  const Words words(all.begin() + (all.empty() ? 0 : 1), all.end());
  try {
    if (all.empty()) throw std::runtime_error("expected added, rate or latency");
    if (all[0] == "added")
      added(words);
    else if (all[0] == "rate")
      rate(words);
    else if (all[0] == "latency")
      latency(words);
    else
      throw std::runtime_error("no command '" + all[0] + "', expected added, rate or latency");
  } catch (const std::exception& error) {
    std::cerr << "http_times: " << error.what() << "\n";
    return 2;
  }
}

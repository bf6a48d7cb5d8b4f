#include <algorithm>
#include <filesystem>
#include <ostream>
#include <sstream>

#include "tools/cli/files.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json.h"
#include "tools/cli/live_line.h"
#include "tools/commands/commands.h"
#include "tools/load/load_report.h"
#include "tools/load/load_run.h"
#include "tools/load/questions.h"

namespace filigree::tools {
namespace {

constexpr double kMostSeconds = 86400;
constexpr double kMostRate = 1e6;
constexpr std::size_t kMostConnections = 65536;
constexpr std::size_t kDefaultOpenConnections = 256;

std::vector<std::string> lines_of(const std::string& file) {
  std::istringstream in(read_file(file));
  std::vector<std::string> bodies;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (is_blank(line)) continue;
    json_of(line, file + ":" + std::to_string(number));  // a mistake here is none of the server's
    bodies.push_back(std::move(line));
  }
  if (bodies.empty()) throw InputError(file + ": has no lines, expected a JSON body in each");
  return bodies;
}

std::vector<std::string> bodies_of(const Arguments& arguments) {
  const int given = arguments.has("body") + arguments.has("bodies") + arguments.has("questions");
  if (given > 1) throw UsageError("give one of '--body', '--bodies' and '--questions'");
  if (const auto file = arguments.text("body")) return {read_file(*file)};
  if (const auto file = arguments.text("bodies")) return lines_of(*file);
  if (arguments.has("questions")) return built_in_questions();
  return {};
}

std::string method_of(const Arguments& arguments, bool has_body) {
  const std::string method = arguments.text("method").value_or(has_body ? "POST" : "GET");
  const bool is_word =
      !method.empty() && std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_word)
    throw UsageError("flag '--method' is '" + method + "', expected capital letters such as POST");
  return method;
}

std::string header_of(const Arguments& arguments) {
  const std::string header = arguments.text("header").value_or("");
  if (header.empty()) return header;
  const std::size_t colon = header.find(':');
  const bool is_line = std::ranges::none_of(header, [](char c) { return c == '\r' || c == '\n'; });
  if (colon == std::string::npos || colon == 0 || !is_line)
    throw UsageError("flag '--header' is '" + header + "', expected a line 'name: value'");
  return header;
}

std::optional<OpenLoop> open_loop_of(const Arguments& arguments) {
  const auto rate = arguments.decimal("rate", 0.001, kMostRate);
  if (!rate) {
    for (const char* flag : {"arrivals", "connections"})
      if (arguments.has(flag))
        throw UsageError("flag '--" + std::string(flag) +
                         "' needs '--rate': without it clients "
                         "send when they have an answer");
    return std::nullopt;
  }
  if (arguments.has("clients"))
    throw UsageError(
        "flag '--clients' is of the closed loop, '--rate' of the open one; with "
        "'--rate', '--connections' bounds the requests in flight");
  return OpenLoop{.rate = *rate,
                  .arrivals = parse_arrivals(arguments.text("arrivals").value_or("poisson"))};
}

LoadPlan plan_of(const Arguments& arguments) {
  if (arguments.operands().empty()) throw UsageError("'load' needs a URL: http://HOST:PORT/PATH");
  LoadPlan plan{.url = parse_url(arguments.operands().front()), .bodies = bodies_of(arguments)};
  plan.method = method_of(arguments, !plan.bodies.empty());
  plan.header = header_of(arguments);
  plan.open = open_loop_of(arguments);
  plan.connections =
      plan.open
          ? arguments.number("connections", 1, kMostConnections).value_or(kDefaultOpenConnections)
          : arguments.number("clients", 1, kMostConnections).value_or(plan.connections);
  plan.seconds = arguments.decimal("time", 0, kMostSeconds).value_or(plan.seconds);
  plan.warmup_seconds = arguments.decimal("warmup-time", 0, kMostSeconds).value_or(1);
  if (const auto count = arguments.number("requests", 1, std::size_t{1} << 40))
    plan.requests = *count;
  plan.timeout =
      std::chrono::milliseconds(arguments.number("timeout", 1, 86400000)
                                    .value_or(static_cast<std::size_t>(plan.timeout.count())));
  plan.seed = arguments.number("seed", 0, 0x7fffffff).value_or(0);
  return plan;
}

void check_folder(const std::string& file) {
  const auto folder = std::filesystem::absolute(file).parent_path();
  if (!std::filesystem::is_directory(folder))
    throw InputError(file + ": cannot be written, there is no folder " + folder.string());
}

ExitCode load(const Arguments& arguments, Console& console) {
  const LoadPlan plan = plan_of(arguments);
  const auto export_path = arguments.text("export-path");
  if (export_path) check_folder(*export_path);
  const Interrupt interrupt;
  LiveLine line(console);
  const bool quiet = arguments.has("quiet");
  const auto result =
      run_load(plan, [&](double elapsed, const LoadResult& so_far, std::size_t in_flight) {
        if (!quiet && console.err_is_terminal)
          line.show(progress_text(plan, elapsed, so_far, in_flight));
        return !interrupt.requested();
      });
  line.wipe();
  if (!result) {
    console.err << "filigree: interrupted; nothing was written" << std::endl;
    return ExitCode::kInterrupted;
  }
  const std::string json = to_text(report_json(plan, *result)) + "\n";
  if (export_path) write_file(*export_path, json);
  console.out << (arguments.has("json") ? json : report_text(plan, *result));
  return good_answers(*result) > 0 ? ExitCode::kOk : ExitCode::kResultSaysNo;
}

std::vector<Flag> flags() {
  return {
      {"clients", "N", "closed loop: N clients, each sends when it has its answer (1)", {}, {"-c"}},
      {"rate", "R", "open loop: R requests a second, whatever the answers", {}, {"-r"}},
      {"arrivals", "KIND", "of the open loop: poisson or constant (poisson)",
       "poisson or constant"},
      {"connections", "N", "of the open loop, the most there are (256)"},
      {"time", "SECONDS", "how long to measure (10)", {}, {"-t"}},
      {"warmup-time", "SECONDS", "how long to run before (1)", {}, {"-w"}},
      {"requests", "N", "stop after N requests, if that is sooner", {}, {"-n"}},
      {"timeout", "MS", "wait for an answer (10000)"},
      {"body", "FILE", "POST this file"},
      {"bodies", "FILE.jsonl", "POST the lines of this file in turn"},
      {"questions", "", "POST 18 questions that filigree brings along, in turn"},
      {"method", "NAME", "instead of POST with a body and GET without", "GET, POST or HEAD"},
      {"header", "LINE", "one more line of the header, 'name: value'"},
      {"seed", "N", "of Poisson arrivals (0)"},
      {"quiet", "", "no progress on the terminal", {}, {"-q"}},
      {"export-path", "FILE", "write the result as JSON", {}, {"-x"}},
      {"json", "", "print the result as JSON"}};
}

}  // namespace

Command load_command() {
  return {.usage = {.command = "load",
                    .summary = "Sends requests to an HTTP server and measures its answers.",
                    .operands = "URL",
                    .max_operands = 1,
                    .flags = flags(),
                    .example = "filigree load http://127.0.0.1:5543/v2/models/qa/infer --questions "
                               "--rate 20 --time 30"},
          .run = load};
}

}  // namespace filigree::tools

// One model, timed on request, so that a driver can take turns with another engine
// (bench/peers/compare.py).
//   model_time MODEL [--isa=NAME] [--cores=N] [--formats=NAME]
// --formats: dense, sparse or unstructured (loader::LoadOptions::Formats) in place of the choice by
// cost.
// Reads lines of sequence lengths, "128" or "384 17 90", from standard input. For each it computes
// one batch of sequences of so many random tokens and prints the seconds it took, from the call to
// the answer.
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/timed_program.h"
#include "kernels/isa.h"
#include "loader/model.h"
#include "runtime/engine.h"

namespace filigree::bench {
namespace {

struct Settings {
  std::string model;
  loader::LoadOptions::Formats formats = loader::LoadOptions::Formats::kCostModel;
  runtime::EngineOptions engine{.cores = 1, .batch_tokens = std::size_t{1} << 16};
};

loader::LoadOptions::Formats parse_formats(std::string_view name) {
  using Formats = loader::LoadOptions::Formats;
  if (name == "dense") return Formats::kDense;
  if (name == "sparse") return Formats::kSparse;
  if (name == "unstructured") return Formats::kUnstructured;
  throw std::invalid_argument("--formats=" + std::string(name) +
                              ": expected dense, sparse or unstructured");
}

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--isa=")) {
      settings.engine.isa = kernels::parse_isa(argument.substr(6));
      if (!settings.engine.isa) throw std::invalid_argument("unknown " + std::string(argument));
    } else if (argument.starts_with("--cores=")) {
      settings.engine.cores = std::stoul(std::string(argument.substr(8)));
    } else if (argument.starts_with("--formats=")) {
      settings.formats = parse_formats(argument.substr(10));
    } else {
      settings.model = argument;
    }
  }
  if (settings.model.empty())
    throw std::invalid_argument(
        "usage: model_time MODEL [--isa=NAME] [--cores=N] [--formats=NAME]");
  return settings;
}

// Ids 1000 to 1999 are words in every vocabulary of the BERT family that is large enough.
runtime::Request request_of(const std::shared_ptr<const loader::Model>& model,
                            const std::string& line) {
  runtime::Request request{.model = model, .sequences = {}, .deadline = {}, .cancel = nullptr};
  std::mt19937 random(1);
  std::istringstream lengths(line);
  for (std::size_t length = 0; lengths >> length;) {
    runtime::Sequence sequence;
    for (std::size_t t = 0; t < length; ++t)
      sequence.ids.push_back(static_cast<std::int32_t>(1000 + random() % 1000));
    sequence.type_ids.assign(length, 0);
    request.sequences.push_back(std::move(sequence));
  }
  return request;
}

void answer_lines(const Settings& settings) {
  const auto model = loader::load_model(
      settings.model, {.isa = settings.engine.isa.value_or(kernels::supported_tables().back().isa),
                       .formats = settings.formats});
  runtime::Engine engine(settings.engine);
  for (std::string line; std::getline(std::cin, line);) {
    runtime::Request request = request_of(model, line);
    answer_with_seconds([&] {
      const runtime::Response response = engine.run(std::move(request));
      if (response.status != runtime::Status::kOk) throw std::runtime_error(response.message);
    });
  }
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  return filigree::bench::exit_status_of(
      "model_time", [&] { filigree::bench::answer_lines(filigree::bench::parse(argc, argv)); });
}

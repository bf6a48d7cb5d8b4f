// The tokenizer, timed on request (bench/peers/compare.py).
//   tokenizer_time FOLDER TEXTS
// TEXTS has a text on each line. For each number that standard input has, encodes all of them and
// prints the seconds it took.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/timed_program.h"
#include "tokenizer/tokenizer.h"

namespace filigree::bench {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void answer_lines(const std::string& folder, const std::string& path) {
  const auto tokenizer = tokenizer::Tokenizer::from_folder(folder);
  const std::vector<std::string> texts = read_lines(path);
  std::vector<tokenizer::Encoding> encodings(texts.size());
  for (std::size_t request = 0; std::cin >> request;) {
    answer_with_seconds([&] {
      for (std::size_t i = 0; i < texts.size(); ++i) encodings[i] = tokenizer.encode(texts[i]);
    });
  }
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tokenizer_time FOLDER TEXTS\n");
    return EXIT_FAILURE;
  }
  return filigree::bench::exit_status_of("tokenizer_time",
                                         [&] { filigree::bench::answer_lines(argv[1], argv[2]); });
}

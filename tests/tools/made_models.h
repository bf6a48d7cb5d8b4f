// Models that `filigree make-model` makes, in a folder that goes away with this object.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tools/program.h"

namespace filigree::tools {

inline std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

struct Outcome {
  ExitCode code;
  std::string out, err;
};

inline Outcome run_words(const std::vector<std::string>& words) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{.in = in, .out = out, .err = err};
  const ExitCode code = run_program(words, console);
  return {code, out.str(), err.str()};
}

class MadeModels {
 public:
  MadeModels();
  ~MadeModels();
  MadeModels(const MadeModels&) = delete;
  MadeModels& operator=(const MadeModels&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  // Runs make-model with the flags and expects it to succeed; the folder of the model.
  std::filesystem::path make(const std::string& name, const std::string& flags) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace filigree::tools

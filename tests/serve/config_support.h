// A folder with a model file in it, and configurations that name it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "serve/config/config.h"

namespace filigree::serve {

// `folder`/m/model.onnx exists as long as this does. The file has no valid content: configurations
// do not look inside.
class ModelFolder {
 public:
  ModelFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "filigree-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    std::filesystem::create_directory(folder_ / "m");
    std::ofstream(folder_ / "m" / "model.onnx") << "x";
  }
  ~ModelFolder() { std::filesystem::remove_all(folder_); }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

class ConfigTest : public testing::Test {
 protected:
  Config parse(const std::string& yaml) const {
    return parse_config(yaml, "f.yaml", models_.path());
  }

  // The message of the ConfigError, or "accepted".
  std::string error_of(const std::string& yaml) const {
    try {
      parse(yaml);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }

  ModelFolder models_;
};

}  // namespace filigree::serve

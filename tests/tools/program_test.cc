// The whole program in this process, with strings for its streams.
#include "tools/program.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "tools/commands/commands.h"

namespace filigree::tools {
namespace {

struct Outcome {
  ExitCode code;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& words, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out, err;
  Console console{.in = in, .out = out, .err = err};
  const ExitCode code = run_program(words, console);
  return {code, out.str(), err.str()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The words of every command's name.
std::vector<std::vector<std::string>> command_names() {
  std::vector<std::vector<std::string>> names;
  for (const Command& command : all_commands()) {
    std::istringstream words(command.usage.command);
    names.emplace_back(std::istream_iterator<std::string>(words),
                       std::istream_iterator<std::string>());
  }
  return names;
}

const std::vector<std::vector<std::string>> kCommands = command_names();

TEST(Program, EveryCommandHasHelpWithAnExample) {
  for (std::vector<std::string> words : kCommands) {
    words.push_back("--help");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, ExitCode::kOk) << words[0];
    EXPECT_TRUE(contains(outcome.out, "usage: filigree " + words[0])) << outcome.out;
    EXPECT_TRUE(contains(outcome.out, "Example:\n")) << outcome.out;
    EXPECT_EQ(outcome.err, "");
    words.pop_back();
    words.insert(words.begin(), "help");
    EXPECT_EQ(run(words).out, outcome.out);
  }
}

TEST(Program, HelpAboutTheFirstOfTwoWordsIsThatOfAllThatFollow) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"cache", "--help"}, {"help", "cache"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, ExitCode::kOk);
    EXPECT_EQ(outcome.out,
              run({"cache", "list", "--help"}).out + "\n" + run({"cache", "clear", "--help"}).out);
  }
  EXPECT_TRUE(contains(run({"cache"}).err, "filigree cache list or filigree cache clear"));
}

TEST(Program, OverviewNamesEveryCommand) {
  for (const char* word : {"help", "--help"}) {
    const Outcome outcome = run({word});
    EXPECT_EQ(outcome.code, ExitCode::kOk);
    for (const auto& command : kCommands) EXPECT_TRUE(contains(outcome.out, command[0]));
  }
}

TEST(Program, WithoutACommandTheOverviewIsAnErrorMessage) {
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contains(outcome.err, "check-hardware"));
}

TEST(Program, PrintsItsVersion) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  EXPECT_TRUE(outcome.out.starts_with("filigree 0.")) << outcome.out;
}

TEST(Program, UnknownCommandNamesTheNearestOne) {
  const Outcome outcome = run({"inspct"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_EQ(
      outcome.err,
      "filigree: there is no command 'inspct'; did you mean 'inspect' (see 'filigree help')\n");
  EXPECT_TRUE(contains(run({"eval"}).err, "filigree eval squad"));
}

TEST(Program, UnknownFlagOfEveryCommandIsAUsageError) {
  for (std::vector<std::string> words : kCommands) {
    words.push_back("--no-such-flag-anywhere");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, ExitCode::kInputError) << words[0];
    EXPECT_TRUE(contains(outcome.err, "has no flag '--no-such-flag-anywhere'")) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Program, ServeWithoutTaskAndConfigSaysWhatDeepSparseSays) {
  const Outcome outcome = run({"serve"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_TRUE(contains(outcome.err, "Must specify either --task or --config_file. Found neither"))
      << outcome.err;
}

TEST(Program, ServeWithAnOperandAloneSaysHowAConfigurationIsGiven) {
  const Outcome outcome = run({"serve", "zoo.yaml"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_TRUE(contains(outcome.err, "only 'zoo.yaml'")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "--config_file zoo.yaml")) << outcome.err;
}

TEST(Program, ServeRefusesFlagsThatMeanNothing) {
  EXPECT_TRUE(contains(run({"serve", "--task", "qa"}).err, "--model_path"));
  EXPECT_TRUE(contains(run({"serve", "--integration", "openai"}).err, "vLLM"));
  EXPECT_TRUE(contains(run({"serve", "--integration", "azure"}).err, "local or sagemaker"));
  EXPECT_TRUE(contains(run({"serve", "--port", "65536"}).err, "from 0 to 65535"));
  EXPECT_TRUE(contains(run({"serve", "--log-level", "loud"}).err, "'loud'"));
  EXPECT_TRUE(contains(run({"serve", "--config-file", "/no/such.yaml"}).err, "/no/such.yaml"));
  const std::string model = FILIGREE_SOURCE_DIR "/third_party/models/minilm6-squad-pruned80-int8";
  EXPECT_TRUE(
      contains(run({"serve", "--task", "qa", "--hot-reload-config", model}).err, "--config-file"));
}

// A YAML file beside a model, gone with the test.
class ServeConfigFile : public testing::Test {
 protected:
  ServeConfigFile() { write("endpoints:\n  - {task: qa, model: \"" + model_ + "\"}\n"); }
  ~ServeConfigFile() override { std::filesystem::remove(file_); }

  void write(const std::string& text) const { std::ofstream(file_) << text; }

  const std::string model_ = FILIGREE_SOURCE_DIR "/third_party/models/minilm6-squad-pruned80-int8";
  const std::string file_ =
      (std::filesystem::temp_directory_path() / ("serve-" + std::to_string(getpid()) + ".yaml"))
          .string();
};

TEST_F(ServeConfigFile, ChecksWhatWouldBeServed) {
  const Outcome outcome = run({"serve", "--config_file", file_, "--check", "--isa", "scalar"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_TRUE(contains(outcome.out,
                       "qa-0: question_answering\n  POST /v2/models/qa-0/infer\n"
                       "  POST /predict\n  model " +
                           model_ + "\n  ready: "))
      << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "% zeros")) << outcome.out;
}

TEST_F(ServeConfigFile, ChecksFindModelsThatCannotBeServedAndAddressesThatClash) {
  const std::filesystem::path broken = file_ + ".model";
  std::filesystem::create_directory(broken);
  std::ofstream(broken / "model.onnx") << "no model";
  write("endpoints:\n  - {task: qa, model: \"" + model_ + "\"}\n  - {task: qa, model: \"" +
        broken.string() + "\"}\n");
  const Outcome outcome = run({"serve", "--config_file", file_, "--check"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_TRUE(contains(outcome.out, "cannot be served: ")) << outcome.out;
  EXPECT_EQ(outcome.err, "filigree: 1 of 2 endpoints cannot be served\n");
  std::filesystem::remove_all(broken);
  write("endpoints:\n  - {task: qa, model: \"" + model_ + "\", name: a, route: /config}\n" +
        "  - {task: qa, model: \"" + model_ + "\", name: b, route: /a}\n");
  EXPECT_TRUE(contains(run({"serve", "--config_file", file_, "--check"}).err, "both at"));
}

TEST_F(ServeConfigFile, PrintsAConfigurationThatCanBeLoaded) {
  const Outcome first = run({"serve", "--config_file", file_, "--print-config", "--num-cores", "1",
                             "--integration", "SAGEMAKER", "--isa", "scalar"});
  EXPECT_EQ(first.code, ExitCode::kOk) << first.err;
  EXPECT_TRUE(contains(first.out, "num_cores: 1\nintegration: \"sagemaker\"\n")) << first.out;
  write(first.out);
  EXPECT_EQ(run({"serve", "--config_file", file_, "--print-config"}).out, first.out);
}

TEST_F(ServeConfigFile, PrintsTheSettingsOfTheServerButNoKey) {
  const Outcome first = run({"serve",
                             "--config_file",
                             file_,
                             "--print-config",
                             "--max-body-bytes",
                             "1000",
                             "--request-timeout-ms",
                             "70",
                             "--cors-allow-origin",
                             "http://a,http://b",
                             "--log-format",
                             "json",
                             "--access-log",
                             "/log/f",
                             "--uds",
                             "/run/f.sock",
                             "--uds-mode",
                             "660",
                             "--api-key",
                             "s3cret"});
  EXPECT_EQ(first.code, ExitCode::kOk) << first.err;
  for (const char* line :
       {"max_body_bytes: 1000\n", "max_header_bytes: 16384\n", "request_timeout_ms: 70\n",
        "cors_allow_origin:\n  - \"http://a\"\n  - \"http://b\"\n", "log_format: \"json\"\n",
        "access_log: \"/log/f\"\n", "uds: \"/run/f.sock\"\n", "uds_mode: \"0660\"\n",
        "# api_key: 1 in use and not shown"})
    EXPECT_TRUE(contains(first.out, line)) << line << first.out;
  EXPECT_FALSE(contains(first.out, "s3cret"));
  write(first.out);
  const Outcome again =
      run({"serve", "--config_file", file_, "--print-config", "--api-key", "other"});
  EXPECT_EQ(again.out, first.out) << again.err;
  EXPECT_TRUE(contains(run({"serve", "--config_file", file_, "--print-config", "--uds", "/s"}).out,
                       "uds: \"/s\"\n"));
}

TEST_F(ServeConfigFile, MakesFlagsOfASingleEndpointUnused) {
  const Outcome outcome = run({"serve", "--config_file", file_, "--print-config", "--task", "qa",
                               "--batch-size", "2", "/no/such"});
  EXPECT_EQ(outcome.code, ExitCode::kOk);
  for (const char* unused : {"flag '--task' is not used", "flag '--batch-size' is not used",
                             "the model '/no/such' is not used"})
    EXPECT_TRUE(contains(outcome.err, unused)) << outcome.err;
}

TEST_F(ServeConfigFile, TakesTheOperandAsModelUnlessTheFlagNamesOne) {
  const auto model_in = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"serve", "--task", "QA", "--print-config"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  const std::string line = "    model: \"" + model_ + "\"\n";
  EXPECT_TRUE(contains(model_in({model_}).out, line)) << model_in({model_}).err;
  EXPECT_TRUE(contains(model_in({"--model_path", "default", model_}).out, line));
  const Outcome both = model_in({"--model_path", model_, "/no/such"});
  EXPECT_TRUE(contains(both.out, line));
  EXPECT_TRUE(contains(both.err, "'/no/such' is not used")) << both.err;
}

TEST(Program, MissingFilesAreInputErrorsThatNameThem) {
  const std::vector<std::vector<std::string>> lines = {
      {"inspect", "/no/such.onnx"},
      {"tokenize", "--model-path", "/no/such"},
      {"run", "--task", "qa", "--model_path", "/no/such"},
      {"eval", "squad", "--model_path", "m", "--dataset", "/no/such"}};
  for (const auto& words : lines) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, ExitCode::kInputError) << words[0];
    EXPECT_TRUE(outcome.err.starts_with("filigree: ")) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, "/no/such")) << outcome.err;
  }
}

TEST(Program, RequiredFlagsAreNamed) {
  EXPECT_TRUE(contains(run({"tokenize"}).err, "'--model-path' is missing"));
  EXPECT_TRUE(contains(run({"run", "--model-path", "m"}).err, "'--task' is missing"));
  EXPECT_TRUE(contains(run({"eval", "squad"}).err, "'--dataset' is missing"));
  EXPECT_TRUE(contains(run({"inspect"}).err, "FILE.onnx"));
}

TEST(Program, CheckHardwareNamesIsaAndCoresInBothForms) {
  const Outcome text = run({"check-hardware"});
  EXPECT_EQ(text.code, ExitCode::kOk);
  EXPECT_TRUE(contains(text.out, "\nISA used:")) << text.out;
  EXPECT_TRUE(contains(text.out, "\ncores to use:")) << text.out;
  const Outcome json = run({"check-hardware", "--json"});
  EXPECT_EQ(json.code, ExitCode::kOk);
  EXPECT_TRUE(contains(json.out, "\"isa_used\":\"")) << json.out;
}

TEST(Program, CheckHardwareTellsWhoChoseTheIsa) {
  EXPECT_TRUE(contains(run({"check-hardware", "--isa", "scalar"}).out,
                       "\nISA used:      scalar, flag '--isa'\n"));
  EXPECT_TRUE(contains(run({"check-hardware", "--json", "--isa", "scalar"}).out,
                       R"("isa_used":"scalar","isa_reason":"flag '--isa'")"));
}

TEST(Program, SelftestListsWhatItComparedInBothForms) {
  const Outcome text = run({"selftest", "--num-cores", "3"});
  EXPECT_EQ(text.code, ExitCode::kOk) << text.out;
  EXPECT_TRUE(contains(text.out, "instruction sets: scalar")) << text.out;
  EXPECT_TRUE(contains(text.out, "\nsmall int8 encoder: 1 to 3 threads ")) << text.out;
  EXPECT_TRUE(contains(text.out, "\nthe same bits everywhere, ")) << text.out;
  const Outcome json = run({"selftest", "--json", "--isa", "scalar"});
  EXPECT_EQ(json.code, ExitCode::kOk) << json.out;
  EXPECT_TRUE(json.out.starts_with(R"({"same":true,"isas":["scalar"],"checks":[{"name":")"))
      << json.out;
}

TEST(Program, SelftestNamesTheModelThatItCannotRead) {
  const Outcome outcome = run({"selftest", "--model_path", "/no/such"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_TRUE(contains(outcome.err, "/no/such")) << outcome.err;
}

TEST(Program, AnUnknownIsaIsAnErrorThatNamesFlagAndChoices) {
  const Outcome outcome = run({"check-hardware", "--isa", "sse9"});
  EXPECT_EQ(outcome.code, ExitCode::kInputError);
  EXPECT_TRUE(contains(outcome.err, "filigree: flag '--isa' is 'sse9', expected scalar, avx2, "))
      << outcome.err;
}

}  // namespace
}  // namespace filigree::tools

// Commands that load a bundled model, in this process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "serve/json.h"
#include "tools/cli/files.h"
#include "tools/program.h"

namespace filigree::tools {
namespace {

using serve::Json;

const std::string kRoot = FILIGREE_SOURCE_DIR;
const std::string kModel = kRoot + "/third_party/models/minilm6-squad-pruned80-int8";
const std::string kDataset = kRoot + "/tests/data/qa_eval_xquad.jsonl";

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

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto parsed = serve::parse_json(line);
    EXPECT_TRUE(std::holds_alternative<Json>(parsed)) << line;
    values.push_back(std::get<Json>(std::move(parsed)));
  }
  return values;
}

std::string member(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value == nullptr ? "absent" : serve::to_text(*value);
}

TEST(Tokenize, PrintsIdsTypesOffsetsAndTokens) {
  const Outcome outcome = run({"tokenize", "--model_path", kModel},
                              "{\"text\": \"Caf\u00e9!\"}\n{\"text\": \"a\", \"pair\": \"b\"}\n");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  const auto lines = json_lines(outcome.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(member(lines[0], "ids"), "[101,7668,999,102]");
  EXPECT_EQ(member(lines[0], "tokens"), R"(["[CLS]","cafe","!","[SEP]"])");
  EXPECT_EQ(member(lines[0], "offsets"), "[[0,0],[0,4],[4,5],[0,0]]");
  EXPECT_EQ(member(lines[1], "ids"), "[101,1037,102,1038,102]");
  EXPECT_EQ(member(lines[1], "type_ids"), "[0,0,0,1,1]");
}

TEST(Tokenize, BadLineIsAnErrorLineInItsPlace) {
  const Outcome outcome =
      run({"tokenize", "--model_path", kModel}, "{\"text\": 1}\n\n{\"text\": \"a\"}\n");
  EXPECT_EQ(outcome.code, ExitCode::kResultSaysNo);
  const auto lines = json_lines(outcome.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(member(lines[0], "line"), "1");
  EXPECT_EQ(member(lines[0], "error"),
            "\"line 1: field 'text' has type number, expected a string\"");
  EXPECT_EQ(member(lines[1], "ids"), "[101,1037,102]");
}

TEST(Run, AnswersInOrderAndNamesTheBadLines) {
  const std::string good = R"({"question": "Who wrote it?", "context": "Ada wrote it in London."})";
  const Outcome outcome = run({"run", "--model_path", kModel, "--task", "question-answering"},
                              good + "\nnot json\n" + good + "\n{\"question\": \"x\"}\n");
  EXPECT_EQ(outcome.code, ExitCode::kResultSaysNo) << outcome.err;
  const auto lines = json_lines(outcome.out);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(member(lines[0], "answer"), "\"Ada\"");
  EXPECT_EQ(member(lines[0], "start"), "0");
  EXPECT_EQ(member(lines[0], "end"), "3");
  EXPECT_EQ(serve::to_text(lines[2]), serve::to_text(lines[0]));
  EXPECT_EQ(member(lines[1], "line"), "2");
  EXPECT_EQ(member(lines[3], "line"), "4");
  EXPECT_NE(member(lines[3], "error").find("context"), std::string::npos);
}

TEST(Run, MoreLinesThanAreKeptInFlightAllGetTheirAnswer) {
  std::string input;
  for (int i = 0; i < 200; ++i)
    input +=
        R"({"question": "Which number?", "context": "It is number )" + std::to_string(i) + ".\"}\n";
  const Outcome outcome = run({"run", "--model_path", kModel, "--task", "qa"}, input);
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  const auto lines = json_lines(outcome.out);
  ASSERT_EQ(lines.size(), 200U);
  for (int i = 0; i < 200; ++i)
    EXPECT_NE(member(lines[i], "answer").find(std::to_string(i)), std::string::npos) << i;
}

TEST(Run, UnknownTaskAndIsaAreUsageErrors) {
  EXPECT_EQ(run({"run", "--model_path", kModel, "--task", "yolo"}).code, ExitCode::kInputError);
  EXPECT_EQ(run({"run", "--model_path", kModel, "--task", "qa", "--isa", "sse9"}).code,
            ExitCode::kInputError);
}

TEST(Run, TakesOptionsAsKwargsAndRefusesThoseOfAnotherTask) {
  const std::string good = R"({"question": "Who wrote it?", "context": "Ada wrote it in London."})";
  const Outcome outcome = run({"run", "--model_path", kModel, "--task", "qa", "--kwargs",
                               "{max_answer_length: 1, batch_size: 2, scheduler: sync}"},
                              good + "\n");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_EQ(outcome.err, "filigree: --kwargs:1: 'batch_size' has no effect\n");
  EXPECT_EQ(member(json_lines(outcome.out).at(0), "answer"), "\"Ada\"");
  const auto error = [](const std::string& task, const std::string& flag,
                        const std::string& value) {
    return run({"run", "--model_path", kModel, "--task", task, flag, value}).err;
  };
  EXPECT_EQ(error("ner", "--doc-stride", "3"),
            "filigree: flag '--doc-stride' is one of question answering, the task is 'ner'; "
            "--kwargs takes the options of every task (see 'filigree run --help')\n");
  EXPECT_EQ(error("ner", "--kwargs", "{scheduler: fast}"),
            "filigree: --kwargs:1: scheduler is 'fast', expected single_stream, multi_stream or "
            "elastic\n");
  EXPECT_EQ(error("ner", "--kwargs", "{doc_stride: 3}"),
            "filigree: --kwargs:1: the value has the unknown key 'doc_stride'\n");
}

TEST(Run, RefusesAModelOfAnotherTask) {
  for (const std::string task : {"text_classification", "ner", "zero_shot_text_classification"}) {
    const Outcome outcome = run({"run", "--model_path", kModel, "--task", task}, "{}\n");
    EXPECT_EQ(outcome.code, ExitCode::kInputError);
    EXPECT_NE(outcome.err.find("outputs are 'start_logits', 'end_logits', "), std::string::npos)
        << outcome.err;
  }
}

TEST(Run, GivesHiddenStatesOfAQuestionAnsweringModel) {
  const Outcome outcome = run({"run", "--model_path", kModel, "--task", "embedding_extraction",
                               "--kwargs", "{extraction_strategy: reduce_mean}"},
                              "{\"inputs\": [\"a text\", \"another\"]}\n");
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  const Json answer = json_lines(outcome.out).at(0);
  ASSERT_EQ(answer.find("embeddings")->as_array()->size(), 2U);
  EXPECT_EQ(answer.find("embeddings")->as_array()->at(0).as_array()->size(), 384U);
}

TEST(EvalSquad, PrintsScoresAndWritesPredictions) {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() / ("filigree_eval." + std::to_string(::getpid()));
  fs::create_directory(folder);
  for (const char* name : {"p.json", "p.jsonl"}) {
    const fs::path file = folder / name;
    const Outcome outcome = run({"eval", "squad", "--model_path", kModel, "--dataset", kDataset,
                                 "--limit", "20", "--json", "--predictions", file.string()});
    EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    const auto lines = json_lines(outcome.out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(member(lines[0], "questions"), "20");
    EXPECT_NE(outcome.err.find("100 %  20 of 20 questions"), std::string::npos) << outcome.err;
    const std::string written = read_file(file);
    EXPECT_NE(written.find("56beb4343aeaaa14008c925b"), std::string::npos);
    EXPECT_NE(written.find("\"score\":"), std::string::npos);
  }
  EXPECT_EQ(json_lines(read_file(folder / "p.jsonl")).size(), 20U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 2);
  fs::remove_all(folder);
}

TEST(Inspect, NamesTheEncoderAndItsSparsity) {
  for (const std::string& model : {kModel, kModel + "/model.onnx"}) {
    const Outcome outcome = run({"inspect", "--json", model});
    ASSERT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
    const auto lines = json_lines(outcome.out);
    ASSERT_EQ(lines.size(), 1U);
    const Json* encoder = lines[0].find("encoder");
    ASSERT_NE(encoder, nullptr);
    EXPECT_EQ(member(*encoder, "layers"), "6");
    EXPECT_EQ(member(*encoder, "hidden_size"), "384");
    EXPECT_EQ(member(*encoder, "heads"), "12");
    EXPECT_EQ(member(lines[0], "warnings"), "[]");
    EXPECT_EQ(lines[0].find("matrices")->as_array()->size(), 36U);
  }
  const Outcome text = run({"inspect", kModel});
  EXPECT_NE(text.out.find("6 layers, hidden 384, 12 heads of 32"), std::string::npos) << text.out;
}

TEST(Inspect, SaysHowAttentionIsComputed) {
  const std::filesystem::path folder =
      std::filesystem::path(FILIGREE_SOURCE_DIR) / "tests/data/encoders";
  const std::pair<const char*, const char*> kForms[] = {
      {"legacy14_eager.onnx", ", float attention\n"},
      {"int8_u8.onnx", ", integer attention\n"},
      {"int8_byte_products.onnx", ", integer attention with products rounded to bytes\n"}};
  for (const auto& [file, text] : kForms) {
    const Outcome outcome = run({"inspect", (folder / file).string()});
    EXPECT_NE(outcome.out.find(text), std::string::npos) << outcome.out << outcome.err;
  }
}

std::vector<std::string> analyze(std::vector<std::string> flags) {
  std::vector<std::string> words{"analyze",          kModel, "--sequence_length",       "16",
                                 "--num_iterations", "2",    "--num_warmup_iterations", "0"};
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "filigree_commands.XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Analyze, PrintsWhatInspectSaysAndATimeForEveryStep) {
  const Outcome outcome = run(analyze({}));
  ASSERT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_NE(outcome.out.find("6 layers, hidden 384, 12 heads of 32"), std::string::npos);
  EXPECT_NE(outcome.out.find("layer 5 ffn out"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("why this kernel"), std::string::npos);
  EXPECT_NE(outcome.err.find("100 %  2 of 2 batches"), std::string::npos) << outcome.err;
}

TEST(Analyze, WritesFilesAndPrintsOneOfThem) {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "a.csv").string();
  const std::string html = (folder.path() / "a.html").string();
  const Outcome outcome = run(analyze({"--csv", csv, "--html", html, "--json", "-"}));
  ASSERT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  const auto lines = json_lines(outcome.out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].find("layer_info")->as_array()->size(), 62U);
  EXPECT_EQ(read_file(csv).substr(0, 5), "name,");
  EXPECT_EQ(read_file(html).substr(0, 15), "<!doctype html>");
}

TEST(Analyze, ImposesSparsityAndSaysWhatThatIs) {
  const Outcome outcome =
      run(analyze({"--impose_sparsity", "97.5", "--impose_pattern", "1x4", "--json", "-"}));
  ASSERT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  const auto lines = json_lines(outcome.out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(member(lines[0], "warnings"),
            "[\"what if: 97.5 % of the 1x4 blocks of every matrix set to zero; the answers mean "
            "nothing\"]");
  for (const Json& layer : *lines[0].find("layer_info")->as_array()) {
    const double* zeros = layer.find("zeros")->as_double();
    EXPECT_TRUE(zeros == nullptr || *zeros >= 0.974);
  }
}

TEST(Analyze, RefusesWhatItCannotDo) {
  const std::pair<std::vector<std::string>, std::string> kCases[] = {
      {{"--impose_sparsity", "100"}, "expected a number of per cent between 0 and 100"},
      {{"--impose_sparsity", "nan"}, "expected a number of per cent between 0 and 100"},
      {{"--impose_pattern", "1x4"}, "needs '--impose-sparsity'"},
      {{"--impose_sparsity", "50", "--impose_pattern", "2x2"}, "expected unstructured, 1x4 or 4x1"},
      {{"--json", "-", "--csv", "-"}, "only one of"},
      {{"--html", "/no/such/folder/a.html"}, "/no/such/folder/a.html"}};
  for (const auto& [flags, message] : kCases) {
    const Outcome outcome = run(analyze(flags));
    EXPECT_EQ(outcome.code, ExitCode::kInputError);
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
  EXPECT_NE(run({"analyze", kModel, "--sequence_length", "513"}).err.find("at most 512 tokens"),
            std::string::npos);
  EXPECT_NE(run({"analyze", kModel, "--sequence_length", "512", "--batch_size", "4096"})
                .err.find("more than the 1048576"),
            std::string::npos);
  EXPECT_EQ(run({"analyze"}).code, ExitCode::kInputError);
}

TEST(Compare, FindsTheSameBitsOfTwoInstructionSetsAndThreadCounts) {
  const Outcome outcome = run({"compare", kModel, "--isa_a", "scalar", "--threads_b", "2",
                               "--sequences", "1", "--sequence_length", "9"});
  EXPECT_EQ(outcome.code, ExitCode::kOk) << outcome.err;
  EXPECT_NE(outcome.out.find("layer 5, feed-forward output norm"), std::string::npos);
  EXPECT_NE(outcome.out.find("result: the same bits\n"), std::string::npos) << outcome.out;
}

TEST(Compare, JudgesTwoModelsByTheTolerance) {
  const std::string dense = kRoot + "/third_party/models/minilm6-squad-dense";
  const TemporaryFolder folder;
  const std::string inputs = (folder.path() / "ids.jsonl").string();
  write_file(inputs, "{\"ids\": [101, 2040, 102, 7668, 102], \"type_ids\": [0, 0, 0, 1, 1]}\n");
  const std::vector<std::string> words{"compare", dense,    kModel,       "--inputs",
                                       inputs,    "--json", "--tolerance"};
  for (const auto& [tolerance, code] :
       {std::pair{"1000", ExitCode::kOk}, {"1e-6", ExitCode::kResultSaysNo}}) {
    std::vector<std::string> judged = words;
    judged.push_back(tolerance);
    const Outcome outcome = run(judged);
    ASSERT_EQ(outcome.code, code) << outcome.err;
    const auto lines = json_lines(outcome.out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(member(lines[0], "same_bits"), "false");
    EXPECT_EQ(member(lines[0], "sequences"), "1");
    EXPECT_EQ(lines[0].find("tensors")->as_array()->size(), 1U + 7 * 6 + 2);
  }
}

TEST(Compare, RefusesWhatItCannotDo) {
  const std::pair<std::vector<std::string>, std::string> kCases[] = {
      {{"compare"}, "needs a model"},
      {{"compare", kModel}, "would compare the model with itself"},
      {{"compare", kModel, "--isa_a", "sse9"}, "flag '--isa-a' is 'sse9'"},
      {{"compare", kModel, kModel, "--tolerance", "-1"}, "expected a number that is not negative"},
      {{"compare", kModel, kModel, "--inputs", "/no/such", "--seed", "1"}, "has no use"},
      {{"compare", kModel, kModel, "--inputs", "/no/such"}, "/no/such: cannot open"}};
  for (const auto& [words, message] : kCases) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, ExitCode::kInputError);
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
}

const std::string kSamples = kRoot + "/tests/golden/samples/";

TEST(Verify, HoldsForTheSamplesOfOnnxRuntimeInFloatAndInt8) {
  for (const char* name : {"minilm6-squad-pruned80", "minilm6-squad-pruned80-block4-int8"}) {
    const Outcome outcome = run(
        {"verify", kRoot + "/third_party/models/" + name, "--samples", kSamples + name, "--json"});
    ASSERT_EQ(outcome.code, ExitCode::kOk) << outcome.err << outcome.out;
    const auto lines = json_lines(outcome.out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(member(lines[0], "samples"), "2");
    EXPECT_EQ(member(lines[0], "sequences"), "3");
    EXPECT_EQ(lines[0].find("outputs")->as_array()->size(), 2U);
  }
}

TEST(Verify, SaysNoForAnotherModelAndForATighterTolerance) {
  const std::string samples = kSamples + "minilm6-squad-pruned80";
  const Outcome other = run({"verify", kModel, "--samples", samples, "--tolerance", "1e-3"});
  EXPECT_EQ(other.code, ExitCode::kResultSaysNo) << other.err;
  EXPECT_NE(other.out.find("DIFFERS"), std::string::npos) << other.out;
  EXPECT_EQ(run({"verify", kRoot + "/third_party/models/minilm6-squad-pruned80", "--samples",
                 samples, "--tolerance", "0"})
                .code,
            ExitCode::kResultSaysNo);
}

TEST(Verify, NamesWhatIsWrongWithTheSamples) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const std::string samples = folder.path().string();
  const auto message = [&] { return run({"verify", kModel, "--samples", samples}).err; };
  EXPECT_NE(message().find("has no samples, expected the folders sample-inputs and sample-outputs"),
            std::string::npos);
  write_file(folder.path() / "sample_inputs.tar.gz", "x");
  EXPECT_NE(message().find("sample_inputs.tar.gz is packed; unpack it first"), std::string::npos);
  fs::copy(kSamples + "minilm6-squad-pruned80", folder.path(), fs::copy_options::recursive);
  fs::remove(folder.path() / "sample-outputs" / "out-0001.npz");
  EXPECT_NE(message().find("there is no out-0001.npz in"), std::string::npos) << message();
  fs::copy_file(folder.path() / "sample-inputs" / "inp-0000.npz",
                folder.path() / "sample-outputs" / "out-0001.npz");
  EXPECT_NE(message().find("no array 'start_logits' (or 'arr_0')"), std::string::npos) << message();
  write_file(folder.path() / "sample-inputs" / "inp-0000.npz",
             "no archive at all, but long enough");
  EXPECT_NE(message().find("inp-0000.npz: not a ZIP archive"), std::string::npos) << message();
  EXPECT_EQ(run({"verify", kModel, "--samples", samples}).code, ExitCode::kInputError);
}

TEST(ModelNames, AreFoundBelowTheFoldersOfTheEnvironmentByEveryCommand) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "made");
  std::filesystem::create_directory_symlink(kModel, folder.path() / "made" / "int8");
  ::setenv("FILIGREE_MODELS_PATH", folder.path().c_str(), 1);
  EXPECT_EQ(run({"inspect", "hf:made/int8"}).code, ExitCode::kOk);
  EXPECT_EQ(run({"tokenize", "--model_path", "hf:made/int8"}, "{\"text\": \"a\"}\n").code,
            ExitCode::kOk);
  EXPECT_EQ(run({"run", "--model_path", "hf:made/int8", "--task", "qa"},
                R"({"question": "Who?", "context": "Ada."})")
                .code,
            ExitCode::kOk);
  EXPECT_EQ(
      run({"compare", "hf:made/int8", kModel, "--sequences", "1", "--sequence_length", "3"}).code,
      ExitCode::kOk);
  const Outcome missing = run({"inspect", "zoo:nlp/made/none"});
  EXPECT_EQ(missing.code, ExitCode::kInputError);
  EXPECT_NE(missing.err.find("filigree downloads nothing; looked at " + folder.path().string()),
            std::string::npos)
      << missing.err;
  ::unsetenv("FILIGREE_MODELS_PATH");
}

}  // namespace
}  // namespace filigree::tools

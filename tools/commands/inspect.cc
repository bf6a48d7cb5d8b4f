#include <filesystem>
#include <ostream>

#include "loader/onnx_file.h"
#include "tools/cli/files.h"
#include "tools/cli/json.h"
#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_report.h"

namespace filigree::tools {
namespace {

Json card_beside(const std::filesystem::path& model) {
  const std::filesystem::path card = model.parent_path() / "card.json";
  if (!std::filesystem::exists(card)) return {};
  return json_of(read_file(card), card.string());
}

ExitCode inspect(const Arguments& arguments, Console& console) {
  if (arguments.operands().empty())
    throw UsageError("'inspect' needs a model: FILE.onnx or a folder");
  std::filesystem::path file = arguments.operands().front();
  if (std::filesystem::is_directory(file)) file /= "model.onnx";
  const ModelReport report{.signature = loader::read_onnx(file),
                           .model = loader::load_model(file, {.isa = chosen_isa(arguments).isa}),
                           .card = card_beside(file)};
  console.out << (arguments.has("json") ? report_json(report) : report_text(report));
  return ExitCode::kOk;
}

}  // namespace

Command inspect_command() {
  return {.usage = {.command = "inspect",
                    .summary =
                        "Prints what was recognised in a model: layers, matrices, zeros, kernels.",
                    .operands = "FILE.onnx|DIR",
                    .max_operands = 1,
                    .flags = {isa_flag(), {"json", "", "print JSON"}},
                    .example = "filigree inspect third_party/models/minilm6-squad-pruned80-int8"},
          .run = inspect};
}

}  // namespace filigree::tools

#include <ostream>

#include "tools/commands/commands.h"
#include "tools/commands/isa_flag.h"
#include "tools/commands/model_argument.h"
#include "tools/commands/model_report.h"

namespace filigree::tools {
namespace {

ExitCode inspect(const Arguments& arguments, Console& console) {
  if (arguments.operands().empty())
    throw UsageError(
        "'inspect' needs a model: FILE.onnx, a packed file, a folder, or a zoo: or hf: name");
  const ModelReport report =
      read_report(model_argument(arguments.operands().front()), {.isa = chosen_isa(arguments).isa});
  console.out << (arguments.has("json") ? report_json(report) : report_text(report));
  return ExitCode::kOk;
}

}  // namespace

Command inspect_command() {
  return {.usage = {.command = "inspect",
                    .summary =
                        "Prints what was recognised in a model: layers, matrices, zeros, kernels.",
                    .operands = "FILE.onnx|DIR|NAME",
                    .max_operands = 1,
                    .flags = {isa_flag(), {"json", "", "print JSON"}},
                    .example = "filigree inspect third_party/models/minilm6-squad-pruned80-int8"},
          .run = inspect};
}

}  // namespace filigree::tools

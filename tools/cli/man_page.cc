#include "tools/cli/manual.h"

namespace filigree::tools {
namespace {

// A backslash, and a '-' that must stay an ASCII one; a line must not begin like a request.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '\\') {
      escaped += "\\e";
    } else if (letter == '-') {
      escaped += "\\-";
    } else {
      if ((letter == '.' || letter == '\'') && (escaped.empty() || escaped.back() == '\n'))
        escaped += "\\&";
      escaped += letter;
    }
  }
  return escaped;
}

void add_flag(std::string& page, const Flag& flag) {
  page += ".TP\n\\fB\\-\\-" + roff(flag.name) + "\\fR";
  for (const std::string& alias : flag.aliases) page += ", \\fB" + roff(alias) + "\\fR";
  if (!flag.value.empty()) page += " \\fI" + roff(flag.value) + "\\fR";
  page += "\n" + roff(flag.help) + "\n";
}

void add_command(std::string& page, const Usage& usage) {
  page += ".SS filigree " + roff(usage.command) + "\n" + roff(usage.summary) +
          "\n.PP\n\\fBfiligree " + roff(usage.command) + "\\fR";
  if (!usage.flags.empty()) page += " [\\fIflags\\fR]";
  if (!usage.operands.empty()) page += " " + roff(usage.operands);
  page += "\n";
  for (const Flag& flag : usage.flags) add_flag(page, flag);
  page += ".PP\nExample:\n.PP\n.nf\n.RS\n" + roff(usage.example) + "\n.RE\n.fi\n";
}

}  // namespace

std::string man_page(std::span<const Usage> usages, std::string_view version) {
  std::string page =
      ".TH FILIGREE 1 \"\" \"" + roff(version) +
      "\" \"User Commands\"\n"
      ".SH NAME\nfiligree \\- sparse language models on ordinary processors\n"
      ".SH SYNOPSIS\n\\fBfiligree\\fR \\fICOMMAND\\fR [\\fIflags\\fR]\n"
      ".SH DESCRIPTION\n"
      "Runs pruned and quantised BERT models from ONNX files, serves them over HTTP, "
      "makes and measures them.\n"
      "In flags \\(aq\\-\\(aq and \\(aq_\\(aq mean the same, and "
      "\\-\\-flag=value works like \\-\\-flag value.\n"
      ".SH COMMANDS\n";
  for (const Usage& usage : usages) add_command(page, usage);
  page += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : {std::pair{"0", "done"},
                                      {"1", "the result says no"},
                                      {"2", "wrong usage or input"},
                                      {"130", "interrupted"}})
    page += std::string(".TP\n.B ") + code + "\n" + meaning + "\n";
  page +=
      ".SH ENVIRONMENT\n"
      ".TP\n.B FILIGREE_ISA\nthe instruction set where \\-\\-isa does not name one\n"
      ".TP\n.B FILIGREE_CACHE_DIR\nwhere packed models are kept if \\-\\-cache-dir names "
      "nothing\n"
      ".TP\n.B FILIGREE_MODELS_PATH\\fR, \\fBSPARSEZOO_MODELS_PATH\n"
      "folders, separated by colons, in which zoo: and hf: names are looked for\n";
  return page;
}

}  // namespace filigree::tools

#include "loader/portable_model.h"

#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "loader/error.h"
#include "loader/hidden_layer.h"
#include "loader/model_bytes.h"
#include "loader/model_file.h"
#include "loader/packed_file.h"
#include "loader/packing_text.h"
#include "loader/repack.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

// As of a file that any other program makes.
fs::perms usual_permissions() {
  const ::mode_t mask = ::umask(0);
  ::umask(mask);
  return static_cast<fs::perms>(0666 & ~mask);
}

void check_options(const LoadOptions& options) {
  const auto refuse = [](const std::string& what) {
    throw FormatError("is a packed model, which cannot " + what + ", expected the ONNX file");
  };
  if (options.imposed.zeros > 0) refuse("be loaded with imposed zeros");
  if (options.recognition == LoadOptions::Recognition::kNone) refuse("be interpreted as a whole");
}

// True when weights of layers that are gone are left in memory.
bool end_after_layer(Model& model, std::int64_t layer) {
  if (!model.encoder)
    throw FormatError("has no encoder of which layer " + std::to_string(layer) + " could be read");
  Encoder& encoder = *model.encoder;
  const std::size_t kept = layer_index(encoder.layers.size(), layer) + 1;
  const bool shorter = kept < encoder.layers.size();
  encoder.layers.resize(kept);
  // How the graph called it is not kept.
  if (shorter) encoder.output += " of layer " + std::to_string(kept - 1);
  model.matrices.resize(matrices_of(encoder).size());
  model.rest = hidden_state_graph(model.rest, encoder.output);
  model.output_names = {encoder.output};
  model.memory_bytes = memory_bytes(model);
  return shorter;
}

void adapt(Model& model, const PackedSource& source, const LoadOptions& options) {
  bool pack_again = options.formats != LoadOptions::Formats::kCostModel;
  if (source.isa != kernels::isa_name(options.isa) && model.encoder) {
    pack_again = true;
    model.warnings.push_back("was packed for " + source.isa + ", and is packed again for " +
                             std::string(kernels::isa_name(options.isa)) +
                             ", as it will be at every load");
  }
  if (options.hidden_layer && end_after_layer(model, *options.hidden_layer)) pack_again = true;
  if (pack_again) repack(model, options);
}

}  // namespace

void pack_model(const fs::path& from, const fs::path& to, const LoadOptions& options) {
  const LoadOptions packing{.isa = options.isa, .threads = options.threads};
  const auto model = load_model(from, packing);
  std::error_code ignored;
  if (fs::equivalent(model->file, to, ignored))
    throw FormatError(to.string() + ": is the model itself, expected another file");
  const fs::path aside = to.parent_path() / ("." + to.filename().string() + "." +
                                             std::to_string(::getpid()) + ".unfinished");
  try {
    fs::remove(aside);
    write_packed(aside, *model,
                 {std::string(kernels::isa_name(packing.isa)), packing_text(packing), {}, 0});
    fs::permissions(aside, usual_permissions());
    fs::rename(aside, to);
  } catch (const std::system_error& error) {
    fs::remove(aside, ignored);
    throw std::system_error(error.code(), to.string() + ": cannot be written");
  }
}

std::shared_ptr<Model> load_portable(const fs::path& file, const LoadOptions& options) {
  const auto named = [&](auto work) { with_context([&] { return file.string() + ": "; }, work); };
  named([&] { check_options(options); });
  const PackedFile packed(file);
  auto model = packed.load(options.placement.pages(), PackedFile::Tables::kRead);
  model->file_bytes = fs::file_size(file);
  named([&] { adapt(*model, packed.source(), options); });
  return model;
}

}  // namespace filigree::loader

// The samples that model folders of SparseZoo carry: inputs of a model, and the outputs that
// another engine gave for them.
//
//   sample-inputs/inp-0000.npz     arrays by the names of the model's inputs, or arr_0, arr_1, ...
//   sample-outputs/out-0000.npz    by the names of its outputs, or arr_0, arr_1, ...
//
// (or with underscores: sample_inputs, sample_outputs). An input is [tokens] or [sequences,
// tokens]; a mask says how many tokens of a row are there, 1s first. Where an output has as many
// places as the padded row, those of the padding are not compared: what engines leave there
// differs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "tools/samples/npy_array.h"

namespace filigree::tools {

struct SampleFiles {
  std::string number;  // "0000"
  std::filesystem::path inputs, outputs;
};

// In the order of their names. Throws InputError naming folder and file: folders that are not there
// (or only as .tar.gz), other files, an input without its output and the reverse.
std::vector<SampleFiles> find_samples(const std::filesystem::path& folder);

struct Sample {
  std::vector<runtime::Sequence> sequences;  // without padding
  std::size_t padded_tokens = 0;             // of a row
};

// Throws InputError that begins with `where`: an array the model has no input for, a missing one,
// shapes that do not fit together, masks with holes.
Sample sample_of(const loader::Model& model, const std::vector<NamedArray>& inputs,
                 const std::string& where);

// One output over everything that was compared.
struct OutputDifference {
  std::string name;
  std::size_t values = 0;
  double largest = 0;        // of |got - want|; infinity where only one is a number
  double largest_value = 0;  // of |want|
  std::string where;         // of the first largest difference
  double got = 0, want = 0;  // there
};

// Adds sample `number` to `differences`, which has one element for each output of the model, in
// order
//. Throws InputError that begins with `where` for arrays that are not outputs of
// the model, missing ones, and shapes that do not fit.
void add_differences(const loader::Model& model, const Sample& sample,
                     const runtime::Response& response, const std::vector<NamedArray>& outputs,
                     const std::string& where, std::vector<OutputDifference>& differences);

}  // namespace filigree::tools

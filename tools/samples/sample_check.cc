#include "tools/samples/sample_check.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <span>

#include "loader/graph.h"
#include "tools/cli/errors.h"
#include "tools/comparison/tensor_element.h"

namespace filigree::tools {
namespace {

namespace fs = std::filesystem;

using loader::DataType;
using loader::Dims;
using loader::quoted_name;
using loader::Tensor;

// DIR/sample-inputs or DIR/sample_inputs.
fs::path sample_folder(const fs::path& folder, const std::string& what) {
  const std::string names[] = {"sample-" + what, "sample_" + what};
  for (const std::string& name : names)
    if (fs::is_directory(folder / name)) return folder / name;
  for (const std::string& name : names)
    if (const fs::path archive = folder / (name + ".tar.gz"); fs::exists(archive))
      throw InputError(archive.string() + " is packed; unpack it first: tar -xzf '" +
                       archive.string() + "' -C '" + folder.string() + "'");
  throw InputError(folder.string() +
                   " has no samples, expected the folders sample-inputs and "
                   "sample-outputs with inp-0000.npz, out-0000.npz, ...");
}

// Files PREFIX-NUMBER.npz by NUMBER.
std::map<std::string, fs::path> numbered_files(const fs::path& folder, const std::string& prefix) {
  std::map<std::string, fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".npz")) continue;
    if (!name.starts_with(prefix))
      throw InputError(entry.path().string() + ": expected a name like " + prefix + "0000.npz");
    files.emplace(name.substr(prefix.size(), name.size() - prefix.size() - 4), entry.path());
  }
  return files;
}

// The array of the value that the model calls `name`, its `index`-th, or nullptr.
const NamedArray* find_array(const std::vector<NamedArray>& arrays, const std::string& name,
                             std::size_t index) {
  const std::string positional = "arr_" + std::to_string(index);
  for (const std::string& wanted : {name, positional})
    for (const NamedArray& array : arrays)
      if (array.name == wanted) return &array;
  return nullptr;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quoted_name(name);
  return text;
}

// One array for each name, in order, and no other.
std::vector<const NamedArray*> matched(const std::vector<NamedArray>& arrays,
                                       const std::vector<std::string>& names,
                                       const std::string& where) {
  std::vector<const NamedArray*> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    found.push_back(find_array(arrays, names[i], i));
    if (found.back() == nullptr)
      throw InputError(where + ": no array " + quoted_name(names[i]) + " (or 'arr_" +
                       std::to_string(i) + "')");
  }
  for (const NamedArray& array : arrays)
    if (std::ranges::find(found, &array) == found.end())
      throw InputError(where + ": array " + quoted_name(array.name) + ", expected " +
                       listed(names));
  return found;
}

// The number of rows and the padded length of an input.
struct RowShape {
  std::size_t rows, tokens;
};

RowShape row_shape(const NamedArray& array, const std::string& where) {
  const Dims& dims = array.tensor.dims();
  if (dims.empty() || dims.size() > 2 || array.tensor.size() == 0)
    throw InputError(where + ": array " + quoted_name(array.name) + " has shape " +
                     loader::shape_text(dims) + ", expected [tokens] or [sequences, tokens]");
  return {dims.size() == 1 ? 1 : static_cast<std::size_t>(dims[0]),
          static_cast<std::size_t>(dims.back())};
}

std::vector<std::int32_t> whole_numbers(const NamedArray& array, const std::string& where) {
  const DataType type = array.tensor.type();
  if (type != DataType::kInt64 && type != DataType::kInt32 && type != DataType::kBool)
    throw InputError(where + ": array " + quoted_name(array.name) + " has type " +
                     std::string(loader::data_type_name(type)) + ", expected INT64 or INT32");
  std::vector<std::int32_t> values;
  for (std::size_t i = 0; i < array.tensor.size(); ++i) {
    const double value = element(array.tensor, i);
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max())
      throw InputError(where + ": array " + quoted_name(array.name) + ": value " +
                       std::to_string(i) + " is out of range");
    values.push_back(static_cast<std::int32_t>(value));
  }
  return values;
}

// How many tokens of a row are there: 1s, then 0s.
std::size_t row_length(std::span<const std::int32_t> mask, std::size_t row,
                       const std::string& where) {
  const auto end = std::ranges::find(mask, 0);
  const bool prefix = std::all_of(mask.begin(), end, [](auto m) { return m == 1; }) &&
                      std::all_of(end, mask.end(), [](auto m) { return m == 0; });
  if (!prefix || end == mask.begin())
    throw InputError(where + ": the attention mask of row " + std::to_string(row) +
                     " is not 1s followed by 0s; filigree computes sequences without holes");
  return static_cast<std::size_t>(end - mask.begin());
}

// One output of one sequence beside its expected values.
struct OutputPair {
  const Tensor& got;  // [1, ...]
  const Tensor& want;
  Dims want_dims;     // of one sequence
  std::size_t first;  // of its values in `want`
};

OutputPair pair_of(const Tensor& got, const NamedArray& want, std::size_t row, std::size_t rows,
                   const std::string& where) {
  Dims dims = want.tensor.dims();
  const bool has_rows = dims.size() == got.dims().size();
  if (!has_rows) dims.insert(dims.begin(), 1);
  if (dims.size() != got.dims().size() || dims.empty() || static_cast<std::size_t>(dims[0]) != rows)
    throw InputError(where + ": array " + quoted_name(want.name) + " has shape " +
                     loader::shape_text(want.tensor.dims()) + ", expected " + std::to_string(rows) +
                     " of " + loader::shape_text(got.dims()));
  dims.erase(dims.begin());
  const std::size_t values = want.tensor.size() / rows;
  return {.got = got, .want = want.tensor, .want_dims = dims, .first = row * values};
}

// Where the value `at` of `got` is among those of a sequence in `want`, which may be padded.
std::size_t padded_index(const OutputPair& pair, std::size_t at) {
  std::size_t index = 0, stride = 1;
  for (std::size_t axis = pair.want_dims.size(); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(pair.got.dims()[axis + 1]);
    index += at % size * stride;
    at /= size;
    stride *= static_cast<std::size_t>(pair.want_dims[axis]);
  }
  return index;
}

void check_shape(const OutputPair& pair, std::size_t length, std::size_t padded,
                 const std::string& name, const std::string& where) {
  for (std::size_t axis = 0; axis < pair.want_dims.size(); ++axis) {
    const auto got = static_cast<std::size_t>(pair.got.dims()[axis + 1]);
    const auto want = static_cast<std::size_t>(pair.want_dims[axis]);
    if (got == want || (got == length && want == padded)) continue;
    throw InputError(where + ": array " + quoted_name(name) + " has shape " +
                     loader::shape_text(pair.want.dims()) + ", the model gives " +
                     loader::shape_text(pair.got.dims()) + " for " + std::to_string(length) +
                     " tokens of " + std::to_string(padded));
  }
}

void add_pair(const OutputPair& pair, const std::string& where, OutputDifference& difference) {
  for (std::size_t i = 0; i < pair.got.size(); ++i) {
    const double got = element(pair.got, i);
    const double want = element(pair.want, pair.first + padded_index(pair, i));
    ++difference.values;
    if (std::isfinite(want))
      difference.largest_value = std::max(difference.largest_value, std::fabs(want));
    const double size = difference_of(got, want);
    if (size <= difference.largest) continue;
    difference.largest = size;
    difference.got = got;
    difference.want = want;
    difference.where = where + ", value " + std::to_string(i);
  }
}

}  // namespace

std::vector<SampleFiles> find_samples(const fs::path& folder) {
  const auto inputs = numbered_files(sample_folder(folder, "inputs"), "inp-");
  const fs::path output_folder = sample_folder(folder, "outputs");
  auto outputs = numbered_files(output_folder, "out-");
  std::vector<SampleFiles> samples;
  for (const auto& [number, file] : inputs) {
    const auto output = outputs.find(number);
    if (output == outputs.end())
      throw InputError(file.string() + ": there is no out-" + number + ".npz in " +
                       output_folder.string());
    samples.push_back({number, file, output->second});
    outputs.erase(output);
  }
  if (!outputs.empty())
    throw InputError(outputs.begin()->second.string() + ": there is no input inp-" +
                     outputs.begin()->first + ".npz for it");
  if (samples.empty())
    throw InputError(folder.string() + ": the folders of samples have no .npz files");
  return samples;
}

Sample sample_of(const loader::Model& model, const std::vector<NamedArray>& inputs,
                 const std::string& where) {
  const auto arrays = matched(inputs, model.input_names, where);
  const RowShape shape = row_shape(*arrays.front(), where);
  std::map<std::string, std::vector<std::int32_t>> values;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const RowShape other = row_shape(*arrays[i], where);
    if (other.rows != shape.rows || other.tokens != shape.tokens)
      throw InputError(where + ": arrays " + quoted_name(arrays[0]->name) + " and " +
                       quoted_name(arrays[i]->name) + " have different shapes");
    values.emplace(model.input_names[i], whole_numbers(*arrays[i], where));
  }
  if (!values.contains("input_ids"))
    throw InputError(where + ": the model has no input 'input_ids', only " +
                     listed(model.input_names));
  if (!values.contains("attention_mask"))
    values["attention_mask"].assign(shape.rows * shape.tokens, 1);
  Sample sample{.sequences = {}, .padded_tokens = shape.tokens};
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const auto part = [&](const char* name) {
      return std::span(values[name]).subspan(row * shape.tokens, shape.tokens);
    };
    const std::size_t length = row_length(part("attention_mask"), row, where);
    runtime::Sequence& sequence = sample.sequences.emplace_back();
    const auto ids = part("input_ids").first(length);
    sequence.ids.assign(ids.begin(), ids.end());
    if (!values.contains("token_type_ids")) continue;
    const auto types = part("token_type_ids").first(length);
    sequence.type_ids.assign(types.begin(), types.end());
  }
  return sample;
}

void add_differences(const loader::Model& model, const Sample& sample,
                     const runtime::Response& response, const std::vector<NamedArray>& outputs,
                     const std::string& where, std::vector<OutputDifference>& differences) {
  const auto arrays = matched(outputs, model.output_names, where);
  differences.resize(arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    differences[i].name = model.output_names[i];
    for (std::size_t row = 0; row < sample.sequences.size(); ++row) {
      const OutputPair pair = pair_of(response.sequences[row].tensors[i], *arrays[i], row,
                                      sample.sequences.size(), where);
      check_shape(pair, sample.sequences[row].ids.size(), sample.padded_tokens, arrays[i]->name,
                  where);
      add_pair(pair, where + ", sequence " + std::to_string(row), differences[i]);
    }
  }
}

}  // namespace filigree::tools

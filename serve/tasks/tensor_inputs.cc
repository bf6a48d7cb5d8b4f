#include "serve/tasks/tensor_inputs.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "serve/tasks/whole_number.h"

namespace filigree::serve {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape)
    text.append(text.empty() ? "[" : ", ").append(std::to_string(size));
  return text + "]";
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

// The shape of an input has two sizes within 32 bits, so that this fits.
std::size_t count_of(const Shape& shape) {
  return static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]);
}

template <class Number>
std::vector<std::int64_t> numbers_of(std::string_view bytes) {
  std::vector<std::int64_t> numbers(bytes.size() / sizeof(Number));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    Number number;  // x86 is little-endian, as the bytes are
    std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
    numbers[i] = number;
  }
  return numbers;
}

class InputReader {
 public:
  InputReader(std::span<const std::string> names, std::string_view raw, FieldErrors& errors)
      : names_(names), raw_(raw), errors_(errors) {}

  std::optional<TensorInput> read(const Json& json) {
    TensorInput input;
    const std::string* name = json.find("name")->as_string();
    input.name = name != nullptr ? *name : to_text(*json.find("name"));
    if (std::ranges::find(names_, input.name) == names_.end())
      return fail(input, "the model has no input of this name, expected " + joined(names_));
    const std::string* type = json.find("datatype")->as_string();
    if (type == nullptr || (*type != "INT64" && *type != "INT32"))
      return fail(input,
                  "datatype is " + to_text(*json.find("datatype")) + ", expected INT64 or INT32");
    if (!read_shape(*json.find("shape"), input)) return std::nullopt;
    const Json* parameters = json.find("parameters");
    const Json* size = parameters == nullptr ? nullptr : parameters->find("binary_data_size");
    const bool read = size != nullptr ? read_bytes(json, *size, *type, input)
                                      : read_list(json.find("data"), input);
    if (!read) return std::nullopt;
    return input;
  }

  std::size_t bytes_left() const noexcept { return raw_.size(); }

 private:
  bool read_shape(const Json& json, TensorInput& input) {
    const auto* sizes = json.as_array();
    if (sizes != nullptr)
      for (const Json& size : *sizes)
        if (const auto value = whole_number(size); value && *value > 0 && *value <= kMost)
          input.shape.push_back(*value);
    if (sizes != nullptr && sizes->size() == 2 && input.shape.size() == 2) return true;
    fail(input, "shape is " + to_text(json) + ", expected [batch, tokens] with sizes above 0");
    return false;
  }

  bool read_list(const Json* data, TensorInput& input) {
    if (data == nullptr || data->as_array() == nullptr) {
      fail(input, "'data' is missing or no list");
      return false;
    }
    if (!append(*data, input)) return false;
    if (input.values.size() == count_of(input.shape)) return true;
    fail(input, "'data' has " + std::to_string(input.values.size()) + " values, expected " +
                    std::to_string(count_of(input.shape)) + " for the shape " +
                    shape_text(input.shape));
    return false;
  }

  bool append(const Json& data, TensorInput& input) {
    for (const Json& item : *data.as_array()) {
      if (item.as_array() != nullptr) {
        if (!append(item, input)) return false;
        continue;
      }
      const auto value = whole_number(item);
      if (!value || *value < kLeast || *value > kMost) {
        fail(input, "'data' has " + to_text(item) + ", expected whole numbers of 32 bits");
        return false;
      }
      input.values.push_back(*value);
    }
    return true;
  }

  bool read_bytes(const Json& json, const Json& size, const std::string& type, TensorInput& input) {
    const std::size_t width = type == "INT64" ? sizeof(std::int64_t) : sizeof(std::int32_t);
    const auto bytes = whole_number(size);
    const auto problem = [&]() -> std::string {
      const std::string found = "binary_data_size is " + to_text(size);
      if (json.find("data") != nullptr) return "has both 'data' and binary_data_size";
      if (!bytes || *bytes < 0) return found + ", expected a number of bytes";
      const auto given = static_cast<std::size_t>(*bytes);
      // Not count * width, which need not fit.
      if (given % width != 0 || given / width != count_of(input.shape))
        return found + ", expected " + std::to_string(width) + " bytes for each of " +
               std::to_string(count_of(input.shape)) + " values of the shape " +
               shape_text(input.shape);
      if (given > raw_.size())
        return found + ", but only " + std::to_string(raw_.size()) +
               " bytes are left after the JSON and the inputs before";
      return "";
    }();
    if (!problem.empty()) {
      fail(input, problem);
      return false;
    }
    const std::string_view own = raw_.substr(0, static_cast<std::size_t>(*bytes));
    raw_.remove_prefix(own.size());
    input.values = width == sizeof(std::int64_t) ? numbers_of<std::int64_t>(own)
                                                 : numbers_of<std::int32_t>(own);
    const auto wide = std::ranges::find_if(
        input.values, [](std::int64_t value) { return value < kLeast || value > kMost; });
    if (wide == input.values.end()) return true;
    fail(input, "has the value " + std::to_string(*wide) + ", expected whole numbers of 32 bits");
    return false;
  }

  std::nullopt_t fail(const TensorInput& input, const std::string& message) {
    errors_.push_back({{"inputs", input.name}, message, "value_error"});
    return std::nullopt;
  }

  const std::span<const std::string> names_;
  std::string_view raw_;
  FieldErrors& errors_;
};

struct Found {
  std::optional<TensorInput> ids, mask, types;

  std::optional<TensorInput>& of(TensorRole role) {
    return role == TensorRole::kMask ? mask : role == TensorRole::kTypes ? types : ids;
  }
};

void check_shapes(const Found& found, FieldErrors& errors) {
  for (const auto* other : {&found.mask, &found.types})
    if (*other && (*other)->shape != found.ids->shape)
      errors.push_back({{"inputs", (*other)->name},
                        "shape is " + shape_text((*other)->shape) + ", expected that of '" +
                            found.ids->name + "', " + shape_text(found.ids->shape),
                        "value_error"});
}

}  // namespace

TensorRole tensor_role(std::string_view name) noexcept {
  if (name.find("mask") != std::string_view::npos) return TensorRole::kMask;
  if (name.find("type") != std::string_view::npos || name.find("segment") != std::string_view::npos)
    return TensorRole::kTypes;
  return TensorRole::kIds;
}

std::optional<TensorInputs> read_tensor_inputs(const Json& request, std::string_view raw,
                                               std::span<const std::string> names,
                                               FieldErrors& errors) {
  const Json* inputs = request.find("inputs");
  const auto* list = inputs == nullptr ? nullptr : inputs->as_array();
  const auto is_tensor = [](const Json& input) {
    return input.find("name") && input.find("shape") && input.find("datatype");
  };
  if (list == nullptr || list->empty() || !std::ranges::all_of(*list, is_tensor)) {
    errors.push_back({{"inputs"},
                      "expected a list of at least one object with name, shape and datatype",
                      "value_error"});
    return std::nullopt;
  }
  const std::size_t before = errors.size();
  InputReader reader(names, raw, errors);
  Found found;
  for (const Json& json : *list) {
    auto input = reader.read(json);
    // Where the bytes of the others begin is not known any more.
    if (!input && (!raw.empty() || errors.size() >= kMostFieldErrors)) return std::nullopt;
    if (!input) continue;
    auto& place = found.of(tensor_role(input->name));
    if (place)
      errors.push_back({{"inputs", input->name}, "is given twice", "value_error"});
    else
      place = std::move(input);
  }
  if (errors.size() == before && reader.bytes_left() != 0)
    errors.push_back({{"inputs"},
                      std::to_string(reader.bytes_left()) + " bytes follow those of the inputs",
                      "value_error"});
  if (errors.size() == before && !found.ids)
    errors.push_back({{"inputs"}, "the token ids are missing", "value_error.missing"});
  if (errors.size() == before) check_shapes(found, errors);
  if (errors.size() != before) return std::nullopt;
  return TensorInputs{std::move(*found.ids), std::move(found.mask), std::move(found.types)};
}

}  // namespace filigree::serve

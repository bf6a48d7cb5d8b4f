#include "loader/external_data.h"

#include <utility>

#include "loader/error.h"
#include "loader/graph.h"

namespace filigree::loader {

Tensor deferred_tensor(DataType type, const Dims& dims, std::shared_ptr<const File> file,
                       std::uint64_t offset, std::string where) {
  return Tensor::deferred(type, dims,
                          [file = std::move(file), offset, where = std::move(where)](auto bytes) {
                            with_context([&] { return where; }, [&] { file->read(offset, bytes); });
                          });
}

Tensor ExternalData::read(const std::string& location, std::uint64_t offset, DataType type,
                          const Dims& dims) {
  if (folder_.empty())
    throw FormatError("external data " + quoted_name(location) +
                      " cannot be read: the model has no folder");
  auto source = sources_.find(location);
  if (source == sources_.end())
    source =
        sources_.emplace(location, Source{std::make_shared<const File>(folder_, location)}).first;

  const auto key = std::tuple(location, offset, type);
  const std::size_t count = element_count(dims);
  if (const auto known = tensors_.find(key); known != tensors_.end())
    if (known->second.size() == count) return known->second.reshaped(dims);

  const std::uint64_t bytes = std::uint64_t{count} * element_bytes(type);
  const std::uint64_t size = source->second.file->size();
  const std::string file_text = "external data " + quoted_name(location) + " has " +
                                std::to_string(size) + " bytes, expected ";
  if (offset > size || bytes > size - offset)
    throw FormatError(file_text + std::to_string(bytes) + " at offset " + std::to_string(offset) +
                      " (" + std::string(data_type_name(type)) + " " + shape_text(dims) + ")");
  if (bytes > size - source->second.claimed)
    throw FormatError(file_text + "at least what its tensors claim, " +
                      std::to_string(source->second.claimed + bytes));
  source->second.claimed += bytes;

  const std::string where = "external data " + quoted_name(location) + " ";
  Tensor tensor;
  if (type == DataType::kBool) {
    // Its bytes are normalised by the copying constructor.
    std::vector<std::byte> stored(static_cast<std::size_t>(bytes));
    with_context([&] { return where; }, [&] { source->second.file->read(offset, stored); });
    tensor = Tensor(type, dims, stored);
  } else {
    tensor = deferred_tensor(type, dims, source->second.file, offset, where);
    if (bytes < kLeastDeferredBytes) tensor.settle();
  }
  tensors_.insert_or_assign(key, tensor);
  return tensor;
}

std::vector<std::string> ExternalData::locations() const {
  std::vector<std::string> names;
  for (const auto& [location, source] : sources_) names.push_back(location);
  return names;
}

}  // namespace filigree::loader

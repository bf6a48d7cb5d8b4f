#include "loader/tensor.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "loader/error.h"

namespace filigree::loader {
namespace {

constexpr std::align_val_t kAlignment{64};

std::shared_ptr<std::byte> allocate(std::size_t bytes) {
  // One byte at least: a tensor without elements still has storage, which is what empty() asks for.
  auto* memory =
      static_cast<std::byte*>(::operator new(std::max<std::size_t>(bytes, 1), kAlignment));
  return {memory, [](std::byte* p) { ::operator delete(p, kAlignment); }};
}

std::size_t checked_bytes(DataType type, std::span<const std::int64_t> dims) {
  const std::size_t count = element_count(dims);
  if (count > kMaxTensorBytes / element_bytes(type))
    throw FormatError("a tensor of " + std::string(data_type_name(type)) + " " + shape_text(dims) +
                      " is larger than " + std::to_string(kMaxTensorBytes) + " bytes");
  return count * element_bytes(type);
}

}  // namespace

class DeferredBytes {
 public:
  DeferredBytes(std::size_t count, Tensor::Fill fill) : count_(count), fill_(std::move(fill)) {}

  // Null before memory() was asked for.
  const std::byte* ready() const noexcept { return ready_.load(std::memory_order_acquire); }

  std::shared_ptr<std::byte> memory() {
    const std::lock_guard lock(mutex_);
    if (memory_ == nullptr) {
      std::shared_ptr<std::byte> fresh = allocate(count_);
      fill_({fresh.get(), count_});
      memory_ = std::move(fresh);
      ready_.store(memory_.get(), std::memory_order_release);
    }
    return memory_;
  }

  void fill(std::span<std::byte> out) const { fill_(out); }
  std::shared_ptr<DeferredBytes> unread() const {
    return std::make_shared<DeferredBytes>(count_, fill_);
  }

 private:
  std::size_t count_;
  Tensor::Fill fill_;
  std::mutex mutex_;
  std::shared_ptr<std::byte> memory_;
  std::atomic<const std::byte*> ready_{nullptr};
};

std::span<std::byte> TensorScratch::bytes(std::size_t count) {
  if (count > size_) {
    memory_.reset();
    memory_ = allocate(count);
    size_ = count;
  }
  return {memory_.get(), count};
}

std::optional<DataType> data_type_from_onnx(std::int64_t value) noexcept {
  for (const DataType type :
       {DataType::kFloat, DataType::kUint8, DataType::kInt8, DataType::kInt32, DataType::kInt64,
        DataType::kBool, DataType::kFloat16, DataType::kDouble})
    if (value == static_cast<std::int64_t>(type)) return type;
  return std::nullopt;
}

std::string_view data_type_name(DataType type) noexcept {
  switch (type) {
    case DataType::kFloat:
      return "FLOAT";
    case DataType::kUint8:
      return "UINT8";
    case DataType::kInt8:
      return "INT8";
    case DataType::kInt32:
      return "INT32";
    case DataType::kInt64:
      return "INT64";
    case DataType::kBool:
      return "BOOL";
    case DataType::kFloat16:
      return "FLOAT16";
    case DataType::kDouble:
      return "DOUBLE";
  }
  return "UNKNOWN";
}

std::size_t element_bytes(DataType type) noexcept {
  switch (type) {
    case DataType::kUint8:
    case DataType::kInt8:
    case DataType::kBool:
      return 1;
    case DataType::kFloat16:
      return 2;
    case DataType::kFloat:
    case DataType::kInt32:
      return 4;
    case DataType::kInt64:
    case DataType::kDouble:
      return 8;
  }
  return 1;
}

std::size_t element_count(std::span<const std::int64_t> dims) {
  std::size_t product =
      1;  // of the dimensions that are not 0, so that strides cannot overflow either
  bool has_zero = false;
  for (const std::int64_t dim : dims) {
    if (dim < 0) throw FormatError("shape " + shape_text(dims) + " has a negative dimension");
    if (dim == 0) {
      has_zero = true;
      continue;
    }
    if (static_cast<std::uint64_t>(dim) > kMaxTensorBytes / product)
      throw FormatError("shape " + shape_text(dims) + " has more than " +
                        std::to_string(kMaxTensorBytes) + " elements");
    product *= static_cast<std::size_t>(dim);
  }
  return has_zero ? 0 : product;
}

std::string shape_text(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i == 16) return text + ", ... " + std::to_string(dims.size()) + " dimensions]";
    text += (i == 0 ? "" : ", ") + std::to_string(dims[i]);
  }
  return text + "]";
}

Tensor::Tensor(DataType type, Dims dims, std::span<const std::byte> bytes)
    : type_(type), dims_(std::move(dims)), size_(element_count(dims_)) {
  const std::size_t expected = checked_bytes(type_, dims_);
  if (bytes.size() != expected)
    throw FormatError("has " + std::to_string(bytes.size()) + " bytes of data, expected " +
                      std::to_string(expected) + " (" + std::string(data_type_name(type_)) + " " +
                      shape_text(dims_) + ")");
  storage_ = allocate(expected);
  if (type_ == DataType::kBool)
    std::transform(bytes.begin(), bytes.end(), storage_.get(),
                   [](std::byte b) { return b == std::byte{0} ? std::byte{0} : std::byte{1}; });
  else if (expected != 0)
    std::memcpy(storage_.get(), bytes.data(), expected);
}

Tensor::Tensor(DataType type, Dims dims)
    : type_(type), dims_(std::move(dims)), size_(element_count(dims_)) {
  const std::size_t bytes = checked_bytes(type_, dims_);
  storage_ = allocate(bytes);
  std::memset(storage_.get(), 0, bytes);
}

Tensor::Tensor(DataType type, Dims dims, std::shared_ptr<std::byte> storage)
    : type_(type),
      dims_(std::move(dims)),
      size_(element_count(dims_)),
      storage_(std::move(storage)) {}

Tensor Tensor::deferred(DataType type, Dims dims, Fill fill) {
  Tensor tensor;
  tensor.type_ = type;
  tensor.dims_ = std::move(dims);
  tensor.size_ = element_count(tensor.dims_);
  tensor.deferred_ =
      std::make_shared<DeferredBytes>(checked_bytes(type, tensor.dims_), std::move(fill));
  return tensor;
}

const std::byte* Tensor::memory() const {
  if (deferred_ == nullptr) return storage_.get();
  const std::byte* ready = deferred_->ready();
  return ready != nullptr ? ready : deferred_->memory().get();
}

std::span<const std::byte> Tensor::bytes() const { return {memory(), byte_count()}; }

std::span<const std::byte> Tensor::bytes_in(TensorScratch& scratch) const {
  if (deferred_ == nullptr || deferred_->ready() != nullptr) return bytes();
  const std::span<std::byte> out = scratch.bytes(byte_count());
  deferred_->fill(out);
  return out;
}

Tensor Tensor::unread() const {
  Tensor result = *this;
  if (deferred_ != nullptr) result.deferred_ = deferred_->unread();
  return result;
}

void Tensor::settle() {
  if (deferred_ == nullptr) return;
  storage_ = deferred_->memory();
  deferred_ = nullptr;
}

std::span<std::byte> Tensor::mutable_bytes() noexcept { return {storage_.get(), byte_count()}; }

Tensor Tensor::reshaped(Dims dims) const {
  if (element_count(dims) != size_)
    throw FormatError("cannot reshape " + shape_text(dims_) + " to " + shape_text(dims) +
                      ": the element counts differ");
  Tensor result = *this;
  result.dims_ = std::move(dims);
  return result;
}

}  // namespace filigree::loader

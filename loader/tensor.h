// A dense row-major tensor that shares ownership of its immutable bytes. Copying a Tensor copies a
// reference. The bytes of a deferred one come from a file or a computation when they are first
// asked for, and then stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::loader {

// The values are those of ONNX TensorProto.DataType.
enum class DataType : std::int32_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11
};
// nullopt for a TensorProto.DataType that filigree has no tensors of (STRING, BFLOAT16, ...).
std::optional<DataType> data_type_from_onnx(std::int64_t value) noexcept;
std::string_view data_type_name(DataType type) noexcept;  // "FLOAT", "UINT8", ...
std::size_t element_bytes(DataType type) noexcept;
template <class T>
inline constexpr DataType kDataTypeOf = DataType::kFloat;
template <>
inline constexpr DataType kDataTypeOf<std::uint8_t> = DataType::kUint8;
template <>
inline constexpr DataType kDataTypeOf<std::int8_t> = DataType::kInt8;
template <>
inline constexpr DataType kDataTypeOf<std::int32_t> = DataType::kInt32;
template <>
inline constexpr DataType kDataTypeOf<std::int64_t> = DataType::kInt64;
template <>
inline constexpr DataType kDataTypeOf<bool> = DataType::kBool;
template <>
inline constexpr DataType kDataTypeOf<double> = DataType::kDouble;

using Dims = std::vector<std::int64_t>;

// No tensor is larger: what a damaged file or a runaway Expand asks for is refused before it is
// allocated.
inline constexpr std::size_t kMaxTensorBytes = std::size_t{1} << 32;

// Product of dims; 1 for a scalar. Throws FormatError on a negative dimension, and when the product
// of the dimensions that are not 0 exceeds kMaxTensorBytes.
std::size_t element_count(std::span<const std::int64_t> dims);
std::string shape_text(std::span<const std::int64_t> dims);  // "[2, 384]"

class DeferredBytes;

// Memory for the bytes of one tensor after another.
class TensorScratch {
 public:
  // Aligned to 64 bytes; whatever was in it.
  std::span<std::byte> bytes(std::size_t count);

 private:
  std::shared_ptr<std::byte> memory_;
  std::size_t size_ = 0;
};

class Tensor {
 public:
  Tensor() = default;  // no type, no elements; empty() is true
  // Copies `bytes` (element_count(dims) * element_bytes(type) of them, else FormatError) to 64-byte
  // aligned memory. BOOL elements become 0 or 1, whatever nonzero byte the source has.
  Tensor(DataType type, Dims dims, std::span<const std::byte> bytes);
  // Fresh zeroed memory; fill it through mutable_data() before sharing.
  Tensor(DataType type, Dims dims);
  // Takes over memory of as many bytes as type and dims say, which may be read-only and then must
  // not be asked for as mutable. Not BOOL.
  Tensor(DataType type, Dims dims, std::shared_ptr<std::byte> storage);

  // Not BOOL. `fill` writes all bytes of the span it is given, or throws; it is called by the
  // thread that first asks for bytes (one waits for the other), and again for unread() ones.
  using Fill = std::function<void(std::span<std::byte>)>;
  static Tensor deferred(DataType type, Dims dims, Fill fill);

  template <class T>
  static Tensor of(Dims dims, std::span<const T> values) {
    return Tensor(kDataTypeOf<T>, std::move(dims), std::as_bytes(values));
  }
  template <class T>
  static Tensor scalar(T value) {
    return of<T>({}, std::span<const T>(&value, 1));
  }

  bool empty() const noexcept { return storage_ == nullptr && deferred_ == nullptr; }
  DataType type() const noexcept { return type_; }
  const Dims& dims() const noexcept { return dims_; }
  std::size_t size() const noexcept { return size_; }  // elements
  std::size_t byte_count() const noexcept { return size_ * element_bytes(type_); }
  // These, like data() and half_bits(), throw what the Fill of a deferred tensor throws.
  std::span<const std::byte> bytes() const;
  // Elements as T; precondition: kDataTypeOf<T> == type() (kFloat16 is read as std::uint16_t bits
  // by half_bits()).
  template <class T>
  std::span<const T> data() const {
    return {reinterpret_cast<const T*>(memory()), size_};
  }
  template <class T>
  std::span<T> mutable_data() noexcept {  // precondition: this Tensor is the only owner
    return {reinterpret_cast<T*>(storage_.get()), size_};
  }
  std::span<const std::uint16_t> half_bits() const {
    return {reinterpret_cast<const std::uint16_t*>(memory()), size_};
  }
  std::span<std::uint16_t> mutable_half_bits() noexcept {
    return {reinterpret_cast<std::uint16_t*>(storage_.get()), size_};
  }
  // Precondition as for mutable_data(). A BOOL tensor's bytes must be 0 or 1.
  std::span<std::byte> mutable_bytes() noexcept;
  // The same bytes under other dimensions. Throws FormatError when the counts differ.
  Tensor reshaped(Dims dims) const;
  // Gives up its own copy for that of `other`. Precondition: the bytes of both are equal.
  void use_bytes_of(const Tensor& other) noexcept {
    storage_ = other.storage_;
    deferred_ = other.deferred_;
  }

  bool is_deferred() const noexcept { return deferred_ != nullptr; }
  // The bytes without remembering them: in memory already, or written to `scratch`.
  std::span<const std::byte> bytes_in(TensorScratch& scratch) const;
  // The same tensor, which does not know the bytes that this one has got meanwhile.
  Tensor unread() const;
  // Gets the bytes and forgets where they came from.
  void settle();

 private:
  const std::byte* memory() const;

  DataType type_ = DataType::kFloat;
  Dims dims_;
  std::size_t size_ = 0;
  std::shared_ptr<std::byte> storage_;
  std::shared_ptr<DeferredBytes> deferred_;
};

// Exact conversions between IEEE half and float (float to half rounds half to even).
float half_to_float(std::uint16_t bits) noexcept;
void half_to_float(std::span<const std::uint16_t> bits,
                   std::span<float> out) noexcept;  // equal sizes
std::uint16_t float_to_half(float value) noexcept;

}  // namespace filigree::loader

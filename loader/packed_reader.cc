#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <new>
#include <stdexcept>

#include "loader/error.h"
#include "loader/file.h"
#include "loader/give_way.h"
#include "loader/packed_check.h"
#include "loader/packed_fields.h"
#include "loader/packed_file.h"
#include "loader/packed_header.h"
#include "loader/shared_tensors.h"

namespace filigree::loader {
namespace {

PackedHeader read_header(const File& file) {
  PackedHeader header;
  const auto bytes = std::as_writable_bytes(std::span(&header, 1));
  file.read(0, bytes);
  if (header.magic != kPackedMagic) throw FormatError("is no packed model");
  if (header.version != kPackedVersion)
    throw FormatError("has version " + std::to_string(header.version) + ", expected " +
                      std::to_string(kPackedVersion));
  if (header.byte_order != kByteOrder) throw FormatError("has another byte order");
  if (header.header_hash != content_hash(bytes.first(kHashedHeaderBytes)))
    throw FormatError("has a damaged header");
  if (header.file_bytes != file.size())
    throw FormatError("has " + std::to_string(file.size()) + " bytes, expected " +
                      std::to_string(header.file_bytes));
  if (header.fields_offset < kPackedPage || header.fields_offset > header.file_bytes)
    throw FormatError("has its fields at " + std::to_string(header.fields_offset) + " of " +
                      std::to_string(header.file_bytes) + " bytes");
  return header;
}

void check_hash(const PackedSection& section, std::span<const std::byte> bytes) {
  if (content_hash(bytes) != section.hash)
    throw FormatError("has a damaged section of " + std::to_string(section.bytes) + " bytes at " +
                      std::to_string(section.offset));
}

// Fields from bytes. What it needs of the file comes by section.
class FieldReader {
 public:
  static constexpr bool kReads = true;

  FieldReader(const File& file, std::span<const std::byte> fields,
              std::span<const PackedSection> sections = {}, HugePages* memory = nullptr,
              PackedFile::Tables tables = PackedFile::Tables::kMapped)
      : file_(file), rest_(fields), sections_(sections), memory_(memory), tables_(tables) {}

  template <class T>
  void raw(T& value) {
    const std::span<const std::byte> bytes = take(sizeof(T));
    std::memcpy(&value, bytes.data(), sizeof(T));
  }
  // Everything counted takes one byte at least.
  void count(std::size_t& count) {
    number(count);
    if (count > rest_.size())
      fail(std::to_string(count) + " elements in " + std::to_string(rest_.size()) + " bytes");
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError("is damaged " + std::to_string(rest_.size()) +
                      " bytes before its end: " + what);
  }
  std::span<const std::byte> rest() const noexcept { return rest_; }

  void tensor(Tensor& tensor) {
    DataType type{};
    Dims dims;
    field(*this, type, dims);
    const std::size_t count = element_count(dims);
    if (count > kMaxTensorBytes / element_bytes(type)) fail("a tensor of " + shape_text(dims));
    const std::size_t bytes = count * element_bytes(type);
    if (bytes < kLeastSharedBytes || type == DataType::kBool)
      tensor = Tensor(type, std::move(dims), take(bytes));
    else
      tensor = of_section(type, std::move(dims), section(), bytes);
  }

  void weights(kernels::PackedWeights& weights) {
    kernels::PackedShape shape;
    choice(*this, shape.format, kernels::kWeightFormats);
    for (std::size_t* size : {&shape.rows, &shape.cols, &shape.chunk_cols, &shape.nonzeros})
      number(*size);
    std::vector<std::int32_t> sums;
    field(*this, sums);
    const PackedSection& stored = section();
    const auto bytes = static_cast<std::size_t>(stored.bytes);
    try {
      if (bytes < kernels::least_storage_bytes(shape)) fail("a matrix without its weights");
      auto* data =
          static_cast<std::byte*>(memory_->allocate(bytes, kernels::AlignedBuffer::kAlignment));
      kernels::AlignedBuffer storage(data, bytes, *memory_);
      file_.read(stored.offset, {data, bytes});
      if (tables_ == PackedFile::Tables::kRead) check_hash(stored, {data, bytes});
      weights =
          kernels::restore_weights(shape, std::move(storage), std::move(sums), current_wait());
    } catch (const std::invalid_argument& error) {
      fail(error.what());
    }
  }

 private:
  std::span<const std::byte> take(std::size_t bytes) {
    if (bytes > rest_.size()) fail(std::to_string(bytes) + " more bytes expected");
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }
  void number(std::size_t& value) {
    std::uint64_t stored = 0;
    raw(stored);
    value = static_cast<std::size_t>(stored);
  }
  const PackedSection& section() {
    std::size_t index = 0;
    number(index);
    if (index >= sections_.size()) fail("section " + std::to_string(index) + " does not exist");
    return sections_[index];
  }

  Tensor of_section(DataType type, Dims dims, const PackedSection& section, std::size_t bytes) {
    if (section.bytes != bytes || section.offset % kPackedPage != 0)
      fail("a tensor of " + std::to_string(bytes) + " bytes in a section of " +
           std::to_string(section.bytes) + " at " + std::to_string(section.offset));
    auto& known = known_[section.offset];
    if (known != nullptr) return Tensor(type, std::move(dims), known);
    if (tables_ == PackedFile::Tables::kMapped) {
      known = file_.map(section.offset, bytes);
    } else {
      // Aligned like a page of a mapping, of which readers know nothing but the first byte.
      constexpr std::align_val_t kAlignment{kPackedPage};
      known = {static_cast<std::byte*>(::operator new(bytes, kAlignment)),
               [](std::byte* first) { ::operator delete (first, std::align_val_t{kPackedPage}); }};
      file_.read(section.offset, {known.get(), bytes});
      check_hash(section, {known.get(), bytes});
    }
    return Tensor(type, std::move(dims), known);
  }

  const File& file_;
  std::span<const std::byte> rest_;
  std::span<const PackedSection> sections_;
  HugePages* memory_;
  PackedFile::Tables tables_;
  std::map<std::uint64_t, std::shared_ptr<std::byte>> known_;  // by offset
};

void check_sections(std::span<const PackedSection> sections, std::uint64_t end) {
  std::uint64_t at = kPackedPage;
  for (const PackedSection& section : sections) {
    if (section.offset < at || section.offset > end || section.bytes > end - section.offset ||
        section.offset % kPackedAlignment != 0)
      throw FormatError("has a section of " + std::to_string(section.bytes) + " bytes at " +
                        std::to_string(section.offset) + ", expected one between " +
                        std::to_string(at) + " and " + std::to_string(end));
    at = section.offset + section.bytes;
  }
}

}  // namespace

struct PackedFile::State {
  std::string name;
  File file;
  std::vector<std::byte> fields;
  PackedSource source;
  std::vector<PackedSection> sections;
  std::span<const std::byte> model;

  explicit State(const std::filesystem::path& path) : name(path.string()), file(path) {
    const PackedHeader header = read_header(file);
    fields.resize(static_cast<std::size_t>(header.file_bytes - header.fields_offset));
    file.read(header.fields_offset, fields);
    if (content_hash(fields) != header.fields_hash) throw FormatError("has damaged fields");
    FieldReader reader(file, fields);
    field(reader, source, sections);
    check_sections(sections, header.fields_offset);
    model = reader.rest();
  }
};

namespace {

template <class Work>
auto named(const std::string& name, Work work) {
  return with_context([&] { return name + ": "; }, work);
}

}  // namespace

PackedFile::PackedFile(const std::filesystem::path& path)
    : state_(named(path.string(), [&] { return std::make_unique<State>(path); })) {}

PackedFile::~PackedFile() = default;

const PackedSource& PackedFile::source() const noexcept { return state_->source; }

std::shared_ptr<Model> PackedFile::load(const PagePlacement& pages, Tables tables) const {
  return named(state_->name, [&] {
    auto model = std::make_shared<Model>();
    model->weight_memory = std::make_unique<HugePages>(pages);
    FieldReader reader(state_->file, state_->model, state_->sections, model->weight_memory.get(),
                       tables);
    field(reader, *model);
    if (!reader.rest().empty()) reader.fail("bytes are left");
    complete_packed(*model);
    return model;
  });
}

std::size_t PackedFile::matrix_bytes() const {
  return named(state_->name, [&] {
    Model model;
    FieldReader reader(state_->file, state_->model, state_->sections);
    fields_before_encoder(reader, model);
    std::size_t bytes = 0;
    for (const MatrixInfo& matrix : model.matrices) bytes += matrix.packed_bytes;
    // A number that nobody has checked.
    return std::min(bytes, static_cast<std::size_t>(state_->file.size()));
  });
}

void PackedFile::verify() const {
  named(state_->name, [&] {
    std::vector<std::byte> bytes;
    for (const PackedSection& section : state_->sections) {
      bytes.resize(static_cast<std::size_t>(section.bytes));
      state_->file.read(section.offset, bytes);
      check_hash(section, bytes);
    }
  });
}

}  // namespace filigree::loader

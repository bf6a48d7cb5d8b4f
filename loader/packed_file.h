// A loaded model as a file: packed weights as kernels read them, tables as pages that processes
// share, and what remains of the graph. loader/README.md draws the layout. Made by one machine for
// itself and others of its byte order; any instruction set runs any of them with the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "loader/model.h"

namespace filigree::loader {

// What a packed file was made of.
struct PackedSource {
  struct File {
    std::string location;  // "" for the model, else external data relative to its folder
    std::uint64_t bytes = 0;
    std::int64_t modified = 0;  // nanoseconds since 1970
    bool operator==(const File&) const = default;
  };
  std::string isa;      // the formats are chosen for its kernels; any other runs them, slower
  std::string options;  // what the packing depends on
  std::vector<File> files;
  std::uint64_t content = 0;  // hash of the bytes of all files
};

// Makes `path`, which must not exist, readable for its owner only, and has it on the disk when it
// returns. Throws std::system_error; the file may be left behind then.
void write_packed(const std::filesystem::path& path, const Model& model,
                  const PackedSource& source);

// An untrusted file: every offset, length, kind and index is checked before it is used. Errors are
// FormatError with the file's name.
class PackedFile {
 public:
  // Reads and checks everything but the sections, of which the contents are not looked at.
  explicit PackedFile(const std::filesystem::path& path);
  ~PackedFile();
  PackedFile(const PackedFile&) = delete;
  PackedFile& operator=(const PackedFile&) = delete;

  const PackedSource& source() const noexcept;
  // kMapped: large tensors stay pages of the file, which must be replaced and never written in
  // place. kRead: all is read into private memory and compared with the hashes of the sections.
  enum class Tables { kMapped, kRead };
  // `file` of the model is "": whoever calls knows what it was made of. Its matrices lie as `pages`
  // says.
  std::shared_ptr<Model> load(const PagePlacement& pages = {},
                              Tables tables = Tables::kMapped) const;
  // What the packed matrices of that model take; none of them is read.
  std::size_t matrix_bytes() const;
  // Throws unless all sections have the contents with which they were written.
  void verify() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace filigree::loader

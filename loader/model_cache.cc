#include "loader/model_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "loader/error.h"
#include "loader/file.h"
#include "loader/packing_text.h"
#include "loader/shared_tensors.h"

namespace filigree::loader {
namespace {

namespace fs = std::filesystem;

// A what-if names its share of zeros rounded; the name must tell all of them apart.
std::uint64_t hash_of(const LoadOptions& options, const std::string& text) {
  return content_hash(std::as_bytes(std::span(text))) ^
         content_hash(std::as_bytes(std::span(&options.imposed.zeros, 1)));
}

std::string hexadecimal(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
  return text;
}

File opened(const fs::path& model_file, const std::string& location) {
  if (location.empty()) return File(model_file);
  const fs::path folder = model_file.parent_path();
  return {folder.empty() ? "." : folder, location};
}

std::uint64_t hash_of_file(const File& file) {
  constexpr std::uint64_t kBlock = std::uint64_t{4} << 20;
  std::vector<std::byte> block;
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t at = 0; at < file.size(); at += kBlock) {
    block.resize(static_cast<std::size_t>(std::min(kBlock, file.size() - at)));
    file.read(at, block);
    hashes.push_back(content_hash(block));
  }
  return content_hash(std::as_bytes(std::span(hashes)));
}

std::uint64_t content_of(const fs::path& model_file, const std::vector<PackedSource::File>& files) {
  std::vector<std::uint64_t> hashes;
  for (const PackedSource::File& file : files)
    hashes.push_back(hash_of_file(opened(model_file, file.location)));
  return content_hash(std::as_bytes(std::span(hashes)));
}

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw std::system_error(errno, std::generic_category(), path.string() + ": " + what);
}

// Whoever can write there decides what models answer.
void check_owner(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) fail(folder, "cannot be looked at");
  if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw FormatError(folder.string() +
                      ": others may write there, expected a folder that only its owner writes");
}

void make_folder(const fs::path& folder) {
  if (fs::is_directory(folder)) return;
  if (folder.has_parent_path()) fs::create_directories(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail(folder, "cannot be made");
}

// Of this call only, whoever else stores the same model.
fs::path aside(const fs::path& path) {
  static std::atomic<unsigned> calls{0};
  return path.parent_path() / ("." + path.filename().string() + "." + std::to_string(::getpid()) +
                               "." + std::to_string(calls++));
}

}  // namespace

ModelCache::ModelCache(fs::path model_file, const LoadOptions& options)
    : model_file_(std::move(model_file)),
      options_(packing_text(options)),
      isa_(kernels::isa_name(options.isa)),
      verify_(options.cache.verify),
      pages_(options.placement.pages()) {
  const File file(model_file_);
  before_ = {"", file.size(), file.state().modified};
  path_ = options.cache.folder /
          (hexadecimal(file.state().device) + "-" + hexadecimal(file.state().inode) + "-" +
           hexadecimal(hash_of(options, options_)) + ".packed");
}

PackedSource::File ModelCache::state_of(const std::string& location) const {
  const File file = opened(model_file_, location);
  return {location, file.size(), file.state().modified};
}

std::shared_ptr<Model> ModelCache::load() const {
  if (!fs::exists(path_)) return nullptr;
  check_owner(path_.parent_path());
  const PackedFile packed(path_);
  const PackedSource& source = packed.source();
  if (source.options != options_ || source.files.empty() || source.files.front() != before_)
    return nullptr;
  for (const PackedSource::File& file : source.files)
    if (state_of(file.location) != file) return nullptr;
  if (verify_) {
    packed.verify();
    if (content_of(model_file_, source.files) != source.content)
      throw FormatError(path_.string() + ": was made of other bytes than " + model_file_.string() +
                        " has");
  }
  return packed.load(pages_);
}

void ModelCache::store(const Model& model, const std::vector<std::string>& data_files) const {
  PackedSource source{isa_, options_, {state_of("")}, 0};
  // Written to while it was read: nobody knows what the model was made of.
  if (source.files.front() != before_)
    throw FormatError(model_file_.string() + ": has changed while it was read");
  for (const std::string& location : data_files) source.files.push_back(state_of(location));
  source.content = content_of(model_file_, source.files);
  for (const PackedSource::File& file : source.files)
    if (state_of(file.location) != file)
      throw FormatError(model_file_.string() + ": has changed while it was kept");
  make_folder(path_.parent_path());
  check_owner(path_.parent_path());
  const fs::path fresh = aside(path_);
  try {
    write_packed(fresh, model, source);
    fs::rename(fresh, path_);
  } catch (const std::system_error& error) {
    std::error_code ignored;
    fs::remove(fresh, ignored);
    throw std::system_error(error.code(), path_.string());
  }
}

}  // namespace filigree::loader

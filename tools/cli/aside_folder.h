// A folder that appears complete or not at all.
#pragma once

#include <filesystem>

namespace filigree::tools {

// Makes an empty folder beside `target`, to be filled; commit() gives it the name. What was not
// committed is removed.
class AsideFolder {
 public:
  // Throws InputError when `target` exists and is not an empty folder, and when the folder cannot
  // be made.
  explicit AsideFolder(const std::filesystem::path& target);
  ~AsideFolder();
  AsideFolder(const AsideFolder&) = delete;
  AsideFolder& operator=(const AsideFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return aside_; }
  // Without a separator at the end.
  const std::filesystem::path& target() const noexcept { return target_; }
  // Throws InputError.
  void commit();

 private:
  std::filesystem::path target_, aside_;
};

}  // namespace filigree::tools

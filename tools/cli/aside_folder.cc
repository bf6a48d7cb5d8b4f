#include "tools/cli/aside_folder.h"

#include <unistd.h>

#include <string>
#include <system_error>

#include "tools/cli/errors.h"

namespace filigree::tools {

namespace fs = std::filesystem;

AsideFolder::AsideFolder(const fs::path& target) : target_(target.lexically_normal()) {
  // "out/" and "out" are the same folder; the name beside it must not end up inside.
  if (!target_.has_filename()) target_ = target_.parent_path();
  std::error_code error;
  if (target_.empty() || target_ == ".") throw InputError("the current folder cannot be replaced");
  if (fs::exists(fs::symlink_status(target_, error)) &&
      !(fs::is_directory(fs::symlink_status(target_, error)) && fs::is_empty(target_, error)))
    throw InputError(target_.string() + ": exists, expected the name of a new or empty folder");
  aside_ = target_;
  aside_ += "." + std::to_string(::getpid()) + ".part";
  error.clear();  // that nothing is there yet is no error
  if (target_.has_parent_path()) fs::create_directories(target_.parent_path(), error);
  if (error || !fs::create_directory(aside_, error))
    throw InputError(aside_.string() +
                     ": cannot create the folder: " + (error ? error.message() : "it exists"));
}

AsideFolder::~AsideFolder() {
  std::error_code ignored;
  if (!aside_.empty()) fs::remove_all(aside_, ignored);
}

void AsideFolder::commit() {
  std::error_code error;
  fs::rename(aside_, target_, error);
  if (error)
    throw InputError(target_.string() + ": cannot rename " + aside_.string() +
                     " to it: " + error.message());
  aside_.clear();
}

}  // namespace filigree::tools

// From exceptions to filigree_status.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "runtime/c_api/filigree.h"

namespace filigree::runtime {

// An error with a status of its own.
class StatusError : public std::runtime_error {
 public:
  StatusError(filigree_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  filigree_status status() const noexcept { return status_; }

 private:
  filigree_status status_;
};

// Status and message of the exception that is being handled. `error` may be null.
filigree_status report_exception(filigree_error** error) noexcept;

// Returns FILIGREE_OK after action(), or what report_exception says.
template <class Action>
filigree_status guarded(filigree_error** error, Action&& action) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    std::forward<Action>(action)();
    return FILIGREE_OK;
  } catch (...) {
    return report_exception(error);
  }
}

}  // namespace filigree::runtime

#include "runtime/c_api/status.h"

#include <new>

#include "loader/error.h"

struct filigree_error {
  std::string message;
};

namespace {

// Made before memory is short; never freed.
filigree_error out_of_memory_error{"out of memory"};

}  // namespace

namespace filigree::runtime {
namespace {

filigree_status report_out_of_memory(filigree_error** error) noexcept {
  if (error != nullptr) *error = &out_of_memory_error;
  return FILIGREE_OUT_OF_MEMORY;
}

filigree_status report(filigree_error** error, filigree_status status,
                       const char* message) noexcept {
  if (error == nullptr) return status;
  try {
    *error = new filigree_error{message};
    return status;
  } catch (const std::bad_alloc&) {
    return report_out_of_memory(error);
  }
}

}  // namespace

filigree_status report_exception(filigree_error** error) noexcept {
  try {
    throw;
  } catch (const StatusError& failure) {
    return report(error, failure.status(), failure.what());
  } catch (const loader::FormatError& failure) {
    return report(error, FILIGREE_BAD_MODEL, failure.what());
  } catch (const std::invalid_argument& failure) {
    return report(error, FILIGREE_INVALID_ARGUMENT, failure.what());
  } catch (const std::bad_alloc&) {
    return report_out_of_memory(error);
  } catch (const std::exception& failure) {
    return report(error, FILIGREE_FAILED, failure.what());
  } catch (...) {
    return report(error, FILIGREE_FAILED, "an exception that is no std::exception");
  }
}

}  // namespace filigree::runtime

extern "C" {

int filigree_abi_version(void) { return FILIGREE_ABI_VERSION; }

const char* filigree_version(void) { return FILIGREE_VERSION; }

const char* filigree_error_message(const filigree_error* error) {
  return error == nullptr ? "" : error->message.c_str();
}

void filigree_error_free(filigree_error* error) {
  if (error != &out_of_memory_error) delete error;
}

}  // extern "C"

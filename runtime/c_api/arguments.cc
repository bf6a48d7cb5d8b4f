#include "runtime/c_api/arguments.h"

#include "runtime/c_api/filigree.h"

namespace filigree::runtime {
namespace {

// No struct will ever be as large; a number beyond is memory that was never set.
constexpr std::size_t kLargestStruct = 4096;

}  // namespace

std::size_t checked_struct_size(const void* from, std::size_t known, const char* name) {
  std::size_t size = 0;
  std::memcpy(&size, from, sizeof size);
  if (size > sizeof size && size <= kLargestStruct) return size;
  throw std::invalid_argument(std::string(name) + ".struct_size is " + std::to_string(size) +
                              ", expected the size of the struct, " + std::to_string(known));
}

void check_unknown_members(const void* from, std::size_t size, std::size_t known,
                           const char* name) {
  const auto* const bytes = static_cast<const unsigned char*>(from);
  for (std::size_t i = known; i < size; ++i)
    if (bytes[i] != 0)
      throw std::invalid_argument(std::string(name) + " has a member set at byte " +
                                  std::to_string(i) +
                                  " that filigree " FILIGREE_VERSION " does not know");
}

}  // namespace filigree::runtime

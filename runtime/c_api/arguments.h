// Checks of what C programs pass.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

namespace filigree::runtime {

// Throws std::invalid_argument for a null argument.
template <class T>
T* required(T* argument, const char* name) {
  if (argument == nullptr) throw std::invalid_argument(std::string(name) + " is null");
  return argument;
}

// The size that the caller gave a struct of at least `known` bytes in this version. Throws
// std::invalid_argument for a size that no version of the struct has.
std::size_t checked_struct_size(const void* from, std::size_t known, const char* name);

// Throws std::invalid_argument when a byte at or after `known` is set: a member of a newer header,
// which this library would ignore.
void check_unknown_members(const void* from, std::size_t size, std::size_t known, const char* name);

// A struct of the caller, which may be of an older header (its missing members are 0) or of a newer
// one (whose additional members must be 0).
template <class T>
T struct_of_caller(const T* from, const char* name) {
  const std::size_t size = checked_struct_size(required(from, name), sizeof(T), name);
  check_unknown_members(from, size, sizeof(T), name);
  T known{};
  std::memcpy(&known, from, std::min(size, sizeof(T)));
  return known;
}

// Fills a struct of the caller as far as its header knows the members; what only a newer header has
// becomes 0.
template <class T>
void fill_struct_of_caller(T value, T* to, const char* name) {
  value.struct_size = checked_struct_size(required(to, name), sizeof(T), name);
  std::memset(static_cast<void*>(to), 0, value.struct_size);
  std::memcpy(static_cast<void*>(to), &value, std::min(value.struct_size, sizeof(T)));
}

}  // namespace filigree::runtime

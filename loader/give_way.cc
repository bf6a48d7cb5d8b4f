#include "loader/give_way.h"

#include <utility>

namespace filigree::loader {
namespace {

thread_local const std::function<void()>* innermost = nullptr;

}  // namespace

GiveWayScope::GiveWayScope(const std::function<void()>& wait) noexcept
    : outer_(std::exchange(innermost, &wait)) {}

GiveWayScope::~GiveWayScope() { innermost = outer_; }

void give_way() noexcept {
  if (innermost != nullptr && *innermost) (*innermost)();
}

const std::function<void()>& current_wait() noexcept {
  static const std::function<void()> none;
  return innermost != nullptr ? *innermost : none;
}

}  // namespace filigree::loader

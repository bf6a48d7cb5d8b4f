#include "serve/tasks/whole_number.h"

#include <cmath>

namespace filigree::serve {

std::optional<std::int64_t> whole_number(const Json& value) noexcept {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (const std::int64_t* integer = value.as_integer()) return *integer;
  const double* real = value.as_double();
  if (real == nullptr || !(*real >= -kEnd && *real < kEnd) || *real != std::trunc(*real))
    return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

}  // namespace filigree::serve

#include "serve/http/heap_arenas.h"

#include <malloc.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

namespace filigree::serve {

void limit_heap_arenas(std::size_t most) noexcept {
  if (std::getenv("MALLOC_ARENA_MAX") != nullptr || std::getenv("GLIBC_TUNABLES") != nullptr)
    return;
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::clamp<std::size_t>(most, 1, INT_MAX)));
}

}  // namespace filigree::serve

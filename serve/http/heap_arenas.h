// How much memory the heap keeps for threads that do not need it.
#pragma once

#include <cstddef>

namespace filigree::serve {

// At most `most` arenas of glibc's heap instead of 8 for each core; those that threads use already
// stay. Each keeps the most that its threads ever needed at one time, and which thread handles the
// largest requests is chance. Does nothing if the environment has MALLOC_ARENA_MAX or
// GLIBC_TUNABLES: whoever runs the server has chosen.
void limit_heap_arenas(std::size_t most) noexcept;

}  // namespace filigree::serve

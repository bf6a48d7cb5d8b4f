// Independent pieces of work on a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace filigree::loader {

// Calls work(index, worker) once for each index below `count`, in ascending order of their begins,
// on up to `threads` threads of which the caller is one; `worker` is below `threads`, and no two
// calls at a time have the same one. Returns when all are done. When calls throw, no more begin,
// and what the one of the lowest index threw leaves. All threads give way as
// the caller does (loader/give_way.h).
void for_each_index(std::size_t count, std::size_t threads,
                    const std::function<void(std::size_t index, std::size_t worker)>& work);

}  // namespace filigree::loader

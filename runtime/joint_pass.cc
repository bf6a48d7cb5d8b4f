#include "runtime/joint_pass.h"

namespace filigree::runtime {

std::size_t streams_with_work(std::span<const std::size_t> threads, std::size_t first,
                              std::size_t tokens) noexcept {
  std::size_t streams = 0;
  for (std::size_t covered = 0; streams < threads.size() && (streams == 0 || covered < tokens);
       ++streams)
    covered += kTokensForThread * threads[(first + streams) % threads.size()];
  return streams;
}

}  // namespace filigree::runtime

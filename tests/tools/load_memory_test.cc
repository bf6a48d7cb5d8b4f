// How much memory loading takes beyond what the loaded model keeps.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>

#include "loader/model.h"
#include "tests/tools/made_models.h"

namespace filigree::tools {
namespace {

// In kB, of this process.
std::size_t status_of(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stoul(line.substr(key.size() + 1));
  return 0;
}

struct Memory {
  std::size_t peak = 0, after = 0;  // bytes above those before loading
};

// Loads in a process of its own, whose peak is not that of the tests before.
Memory loaded(const std::filesystem::path& model, std::size_t threads) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  const ::pid_t child = ::fork();
  if (child == 0) {
    std::ofstream("/proc/self/clear_refs") << "5\n";  // the peak begins anew
    const std::size_t before = status_of("VmRSS");
    const auto model_in_memory = loader::load_model(model, {.threads = threads});
    const Memory memory{1024 * (status_of("VmHWM") - before), 1024 * (status_of("VmRSS") - before)};
    const bool told = ::write(ends[1], &memory, sizeof(memory)) == sizeof(memory);
    ::_exit(told ? 0 : 1);
  }
  Memory memory;
  const bool heard = ::read(ends[0], &memory, sizeof(memory)) == sizeof(memory);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_TRUE(heard && status == 0);
  return memory;
}

class LoadMemory : public testing::TestWithParam<const char*> {};

TEST_P(LoadMemory, IsAFewMatricesMoreThanTheModelKeeps) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep memory that was given back";
#endif
  constexpr std::size_t kThreads = 2;
  // fp32: the largest matrix as it is stored, turned, and as streams that grow to twice their size
  // and are copied (dense: 1 + 1 + 2 + 1; sparse ones less). 8 MB: parsed structure, code, and what
  // malloc does not give back.
  constexpr std::size_t kMatrix = sizeof(float) * 512 * 2048;
  constexpr std::size_t kBound = kThreads * 5 * kMatrix + (std::size_t{8} << 20);
  const MadeModels models;
  const auto model =
      models.make("m", std::string("--layers 8 --hidden 512 --heads 8 --vocab 500 ") + GetParam());
  const auto file = std::filesystem::file_size(model / "model.onnx");
  const Memory memory = loaded(model, kThreads);
  EXPECT_GT(memory.after, std::size_t{1} << 20);
  EXPECT_LT(memory.peak - std::min(memory.after, memory.peak), kBound)
      << "peak " << memory.peak << ", afterwards " << memory.after << ", file " << file;
}

INSTANTIATE_TEST_SUITE_P(Models, LoadMemory,
                         testing::Values("--sparsity 90", "--sparsity 0",
                                         "--sparsity 90 --precision fp16",
                                         "--sparsity 90 --precision qdq"));

}  // namespace
}  // namespace filigree::tools

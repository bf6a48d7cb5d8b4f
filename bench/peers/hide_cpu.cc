// A library for LD_PRELOAD that hides instruction sets from a whole process, as a processor without
// them would: engines ask in different ways, and not all honour a variable that limits them.
//   HIDE_CPU=avx2  leaves AVX2 (no AVX-512, AVX-VNNI or AMX)
//   HIDE_CPU=vnni  leaves AVX-512 with VNNI (no BF16, FP16 or AMX)
// CPUID is made to fault (Linux's ARCH_CPUID, inherited by threads) and is answered here. Ends the
// process with 2 where that is not possible. The C library has looked before: its copying of memory
// is not limited.
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace {

constexpr std::uint32_t bits(std::initializer_list<int> positions) {
  std::uint32_t mask = 0;
  for (const int position : positions) mask |= std::uint32_t{1} << position;
  return mask;
}

struct Registers {
  std::uint32_t eax, ebx, ecx, edx;
};

// What leaf 7 loses, subleaf 0 and 1: "CPUID" in Intel's manual, volume 2A.
struct Hidden {
  Registers subleaf_0, subleaf_1;
};
constexpr std::uint32_t kAmx = bits({22, 24, 25});  // BF16, TILE, INT8
constexpr Hidden kBeyondVnni{
    {0, 0, 0, kAmx | bits({23})},                            // AVX512_FP16
    {bits({4, 5, 21, 23}), 0, 0, bits({4, 5, 8, 10, 19})}};  // from AVX-VNNI on
constexpr Hidden kBeyondAvx2{{0, bits({16, 17, 21, 26, 27, 28, 30, 31}), bits({1, 6, 11, 12, 14}),
                              kBeyondVnni.subleaf_0.edx | bits({2, 3, 8})},
                             kBeyondVnni.subleaf_1};

Hidden hidden;  // set before the handler is

bool set_cpuid_allowed(bool allowed) {
  return syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed ? 1UL : 0UL) == 0;
}

Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers found{};
  __cpuid_count(leaf, subleaf, found.eax, found.ebx, found.ecx, found.edx);
  if (leaf != 7 || subleaf > 1) return found;
  const Registers& less = subleaf == 0 ? hidden.subleaf_0 : hidden.subleaf_1;
  return {found.eax & ~less.eax, found.ebx & ~less.ebx, found.ecx & ~less.ecx,
          found.edx & ~less.edx};
}

void answer_cpuid(int signal, siginfo_t*, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const auto* code = reinterpret_cast<const unsigned char*>(registers[REG_RIP]);
  constexpr int kGeneralProtection = 13;
  if (registers[REG_TRAPNO] != kGeneralProtection || code[0] != 0x0F || code[1] != 0xA2) {
    std::signal(signal, SIG_DFL);  // a fault of the program: it happens again
    return;
  }
  set_cpuid_allowed(true);
  const Registers answer = cpuid(static_cast<std::uint32_t>(registers[REG_RAX]),
                                 static_cast<std::uint32_t>(registers[REG_RCX]));
  set_cpuid_allowed(false);
  registers[REG_RAX] = answer.eax;
  registers[REG_RBX] = answer.ebx;
  registers[REG_RCX] = answer.ecx;
  registers[REG_RDX] = answer.edx;
  registers[REG_RIP] += 2;
}

[[gnu::constructor]] void hide() {
  const char* name = std::getenv("HIDE_CPU");
  const std::string_view left = name != nullptr ? name : "";
  if (left != "avx2" && left != "vnni") {
    std::fprintf(stderr, "hide_cpu: HIDE_CPU is '%s', expected avx2 or vnni\n", left.data());
    _exit(2);
  }
  hidden = left == "avx2" ? kBeyondAvx2 : kBeyondVnni;
  struct sigaction action {};
  action.sa_sigaction = answer_cpuid;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (sigaction(SIGSEGV, &action, nullptr) == 0 && set_cpuid_allowed(false)) return;
  std::perror("hide_cpu: CPUID cannot be made to fault");
  _exit(2);
}

}  // namespace

// Checks AVX-512 instructions against scalar code.  Prints a line for each
// group, returns 0 if all are right, 1 if one is wrong, 77 without AVX-512.
//   selftest            run the checks
//   selftest exit N     return N
//   selftest illegal    execute an illegal instruction
//   selftest wait       never end
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tools/avx512/selftest/kernels.h"

namespace {
int failures = 0;

void check(const char* name, int (*function)(), bool supported = true) {
  if (!supported) {
    std::printf("--   %s (not in this processor)\n", name);
    return;
  }
  const int wrong = function();
  std::printf("%s %s\n", wrong ? "FAIL" : "OK  ", name);
  failures += wrong != 0;
}

// Asked directly: not every compiler has names for BF16 and FP16 in __builtin_cpu_supports.
bool cpuid7(unsigned subleaf, int which, unsigned bit) {
  unsigned eax = 7, ebx = 0, ecx = subleaf, edx = 0;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  const unsigned words[4] = {eax, ebx, ecx, edx};
  return words[which] >> bit & 1;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && !std::strcmp(argv[1], "exit")) {
    std::fprintf(stderr, "returning %s\n", argv[2]);
    return std::atoi(argv[2]);
  }
  if (argc > 1 && !std::strcmp(argv[1], "illegal")) __builtin_trap();
  if (argc > 1 && !std::strcmp(argv[1], "wait"))
    for (;;) pause();

  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    std::printf("this processor has no AVX-512\n");
    return 77;
  }
  check("fma", check_fma);
  check("embedded rounding", check_rounding);
  check("masked loads and stores", check_masked_loads_and_stores);
  check("vpermt2ps, vpermw", check_permute);
  check("compress, expand", check_compress_expand);
  check("reduce", check_reduce);
  check("vpmovdb, vpmovsdb, vpackssdw", check_narrowing);
  check("vpmaddubsw, vpmaddwd", check_integer_dot_without_vnni);
  check("gather, scatter", check_gather_scatter);
  check("mask registers, vpternlogd", check_mask_registers);
  check("conversions", check_conversions);
  check("vnni: vpdpbusd, vpdpbusds", check_vnni, __builtin_cpu_supports("avx512vnni"));
  check("vbmi: vpermb, vpermi2b", check_vbmi, __builtin_cpu_supports("avx512vbmi"));
  check("vpopcntdq", check_vpopcntdq, __builtin_cpu_supports("avx512vpopcntdq"));
  check("bf16: vcvtne2ps2bf16, vdpbf16ps", check_bf16, cpuid7(1, 0, 5));
  check("fp16: vfmadd..ph", check_fp16, cpuid7(0, 3, 23));
  return failures ? 1 : 0;
}

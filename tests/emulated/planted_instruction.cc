// Executes one instruction of a set that older processors lack, without asking whether it is there:
// what a leak would do. The tests see it die there, and live where it belongs.
//   planted_instruction avx512|avx2
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  if (std::strcmp(argv[1], "avx512") == 0)
    __asm__ volatile("vpxord %%zmm0, %%zmm0, %%zmm0" ::: "xmm0");
  else if (std::strcmp(argv[1], "avx2") == 0)
    __asm__ volatile("vpaddd %%ymm0, %%ymm0, %%ymm0" ::: "xmm0");
  else
    return 2;
  std::puts("survived");
  return 0;
}

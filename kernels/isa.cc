#include "kernels/isa.h"

#include <cpuid.h>

#include <cstdint>

namespace filigree::kernels {
namespace {

// What CPUID and XGETBV report, as far as kernels care.
struct CpuBits {
  std::uint32_t leaf1_ecx = 0;
  std::uint32_t leaf7_ebx = 0;
  std::uint32_t leaf7_ecx = 0;
  std::uint32_t xcr0 = 0;
};

constexpr std::uint32_t bit(int index) { return std::uint32_t{1} << index; }

constexpr std::uint32_t kOsxsave = bit(27);
// Leaf 1 ECX: FMA, AVX, F16C.
constexpr std::uint32_t kAvx2Leaf1Ecx = bit(12) | kOsxsave | bit(28) | bit(29);
constexpr std::uint32_t kAvx2Leaf7Ebx = bit(5);
// Leaf 7 EBX: F, DQ, CD, BW, VL.
constexpr std::uint32_t kAvx512Leaf7Ebx = bit(16) | bit(17) | bit(28) | bit(30) | bit(31);
constexpr std::uint32_t kVnniLeaf7Ecx = bit(11);
// XCR0: XMM and YMM state; mask registers, upper halves of ZMM0-15, ZMM16-31.
constexpr std::uint32_t kYmmState = bit(1) | bit(2);
constexpr std::uint32_t kZmmState = kYmmState | bit(5) | bit(6) | bit(7);

std::uint32_t read_xcr0() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  // The intrinsic would need -mxsave for the whole file.
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

CpuBits read_cpu_bits() noexcept {
  CpuBits bits;
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) bits.leaf1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) {
    bits.leaf7_ebx = ebx;
    bits.leaf7_ecx = ecx;
  }
  // XGETBV is an invalid instruction unless the system announced it.
  if ((bits.leaf1_ecx & kOsxsave) != 0) bits.xcr0 = read_xcr0();
  return bits;
}

// Size of the data cache of level 1 that a CPUID leaf of cache parameters describes, or 0.
std::size_t l1_bytes_of_leaf(std::uint32_t leaf) noexcept {
  constexpr std::uint32_t kMostCaches = 16;
  for (std::uint32_t index = 0; index < kMostCaches; ++index) {
    std::uint32_t eax = 0;
    std::uint32_t ebx = 0;
    std::uint32_t ecx = 0;
    std::uint32_t edx = 0;
    if (__get_cpuid_count(leaf, index, &eax, &ebx, &ecx, &edx) == 0) return 0;
    const std::uint32_t type = eax & 31U;  // 0 none, 1 data, 2 instructions, 3 both
    if (type == 0) return 0;
    if (type == 1 && (eax >> 5 & 7U) == 1)
      return std::size_t{(ebx >> 22) + 1} * ((ebx >> 12 & 1023U) + 1) * ((ebx & 4095U) + 1) *
             (std::size_t{ecx} + 1);
  }
  return 0;
}

constexpr bool has_all(std::uint32_t found, std::uint32_t wanted) {
  return (found & wanted) == wanted;
}

}  // namespace

bool cpu_supports(Isa isa) noexcept {
  static const CpuBits bits = read_cpu_bits();
  switch (isa) {
    case Isa::kScalar:
      return true;
    case Isa::kAvx2:
      return has_all(bits.leaf1_ecx, kAvx2Leaf1Ecx) && has_all(bits.leaf7_ebx, kAvx2Leaf7Ebx) &&
             has_all(bits.xcr0, kYmmState);
    case Isa::kAvx512:
      return cpu_supports(Isa::kAvx2) && has_all(bits.leaf7_ebx, kAvx512Leaf7Ebx) &&
             has_all(bits.xcr0, kZmmState);
    case Isa::kAvx512Vnni:
      return cpu_supports(Isa::kAvx512) && has_all(bits.leaf7_ecx, kVnniLeaf7Ecx);
  }
  return false;
}

std::size_t l1_data_cache_bytes() noexcept {
  constexpr std::size_t kUsual = 32 * 1024;
  constexpr std::uint32_t kIntelLeaf = 4;
  constexpr std::uint32_t kAmdLeaf = 0x8000001D;
  static const std::size_t bytes = [] {
    for (const std::uint32_t leaf : {kIntelLeaf, kAmdLeaf})
      if (const std::size_t found = l1_bytes_of_leaf(leaf); found != 0) return found;
    return kUsual;
  }();
  return bytes;
}

std::string_view isa_name(Isa isa) noexcept {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Vnni:
      return "avx512_vnni";
  }
  return "unknown";
}

std::optional<Isa> parse_isa(std::string_view name) noexcept {
  for (const Isa isa : kAllIsas)
    if (isa_name(isa) == name) return isa;
  return std::nullopt;
}

}  // namespace filigree::kernels

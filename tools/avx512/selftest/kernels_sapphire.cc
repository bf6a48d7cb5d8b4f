// Compiled with the flags of kernels_avx512.cpp and -mavx512bf16 -mavx512fp16.
#include <immintrin.h>

#include <cmath>
#include <cstdint>
#include <cstring>

#include "tools/avx512/selftest/kernels.h"
#include "tools/avx512/selftest/random.h"

int check_bf16() {
  Random random(30);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    float low[16], high[16];
    for (int i = 0; i < 16; ++i) {
      low[i] = random.real();
      high[i] = random.real();
    }
    const __m512bh packed = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(high), _mm512_loadu_ps(low));
    std::uint16_t words[32];
    std::memcpy(words, &packed, sizeof words);
    float value[32];
    for (int i = 0; i < 32; ++i) {
      const float x = i < 16 ? low[i] : high[i - 16];
      std::uint32_t bits;
      std::memcpy(&bits, &x, 4);
      wrong += words[i] != static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
      bits = static_cast<std::uint32_t>(words[i]) << 16;
      std::memcpy(&value[i], &bits, 4);
    }
    float got[16];
    _mm512_storeu_ps(got, _mm512_dpbf16_ps(_mm512_set1_ps(1.0f), packed, packed));
    for (int i = 0; i < 16; ++i) {
      const double want = 1.0 + static_cast<double>(value[2 * i]) * value[2 * i] +
                          static_cast<double>(value[2 * i + 1]) * value[2 * i + 1];
      wrong += std::fabs(got[i] - want) > want * 1e-6;
    }
  }
  return wrong;
}

int check_fp16() {
  Random random(31);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    _Float16 a[32], b[32], c[32], got[32];
    for (int i = 0; i < 32; ++i) {
      a[i] = static_cast<_Float16>(random.real());
      b[i] = static_cast<_Float16>(random.real());
      c[i] = static_cast<_Float16>(random.real());
    }
    _mm512_storeu_ph(got,
                     _mm512_fmadd_ph(_mm512_loadu_ph(a), _mm512_loadu_ph(b), _mm512_loadu_ph(c)));
    for (int i = 0; i < 32; ++i) {  // exact in double, so one rounding
      const double exact =
          static_cast<double>(a[i]) * static_cast<double>(b[i]) + static_cast<double>(c[i]);
      wrong += static_cast<float>(got[i]) != static_cast<float>(static_cast<_Float16>(exact));
    }
  }
  return wrong;
}

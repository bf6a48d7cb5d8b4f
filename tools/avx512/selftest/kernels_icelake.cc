// Compiled with the flags of kernels_avx512.cpp and -mavx512vnni -mavx512vbmi -mavx512vpopcntdq.
#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "tools/avx512/selftest/kernels.h"
#include "tools/avx512/selftest/random.h"

int check_vnni() {
  Random random(20);
  int wrong = 0;
  for (int round = 0; round < 300; ++round) {
    std::uint8_t a[64];
    std::int8_t b[64];
    std::int32_t start[16], got[16], saturated[16], small[8];
    for (int i = 0; i < 64; ++i) {
      a[i] = static_cast<std::uint8_t>(random.next());
      b[i] = static_cast<std::int8_t>(random.next());
    }
    for (auto& x : start) x = static_cast<std::int32_t>(random.next());
    const __m512i s = _mm512_loadu_si512(start), x = _mm512_loadu_si512(a),
                  y = _mm512_loadu_si512(b);
    _mm512_storeu_si512(got, _mm512_dpbusd_epi32(s, x, y));
    _mm512_storeu_si512(saturated, _mm512_dpbusds_epi32(s, x, y));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(small),
                        _mm256_dpbusd_epi32(_mm512_castsi512_si256(s), _mm512_castsi512_si256(x),
                                            _mm512_castsi512_si256(y)));
    for (int i = 0; i < 16; ++i) {
      std::int64_t sum = start[i];
      for (int j = 0; j < 4; ++j) sum += a[4 * i + j] * b[4 * i + j];
      wrong += got[i] != static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
      wrong +=
          saturated[i] != std::clamp<std::int64_t>(sum, std::numeric_limits<std::int32_t>::min(),
                                                   std::numeric_limits<std::int32_t>::max());
      if (i < 8) wrong += small[i] != got[i];
    }
  }
  return wrong;
}

int check_vbmi() {
  Random random(21);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    std::uint8_t a[64], b[64], index[64], got[64];
    for (int i = 0; i < 64; ++i) {
      a[i] = static_cast<std::uint8_t>(random.next());
      b[i] = static_cast<std::uint8_t>(random.next());
      index[i] = static_cast<std::uint8_t>(random.next());
    }
    const __m512i x = _mm512_loadu_si512(a), y = _mm512_loadu_si512(b),
                  k = _mm512_loadu_si512(index);
    _mm512_storeu_si512(got, _mm512_permutexvar_epi8(k, x));
    for (int i = 0; i < 64; ++i) wrong += got[i] != a[index[i] & 63];
    _mm512_storeu_si512(got, _mm512_permutex2var_epi8(x, k, y));
    for (int i = 0; i < 64; ++i) wrong += got[i] != (index[i] & 64 ? b : a)[index[i] & 63];
  }
  return wrong;
}

int check_vpopcntdq() {
  Random random(22);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    std::uint32_t a[16], got[16];
    for (auto& x : a) x = random.next();
    _mm512_storeu_si512(got, _mm512_popcnt_epi32(_mm512_loadu_si512(a)));
    for (int i = 0; i < 16; ++i)
      wrong += got[i] != static_cast<std::uint32_t>(__builtin_popcount(a[i]));
  }
  return wrong;
}

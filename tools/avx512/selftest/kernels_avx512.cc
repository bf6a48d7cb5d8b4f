// Compiled with -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd.
#include <immintrin.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "tools/avx512/selftest/kernels.h"
#include "tools/avx512/selftest/random.h"

namespace {
bool same(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }
}  // namespace

int check_fma() {
  Random random(1);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    float a[16], b[16], c[16], got[16];
    for (int i = 0; i < 16; ++i) {
      a[i] = random.real();
      b[i] = random.real();
      c[i] = random.real();
    }
    _mm512_storeu_ps(got,
                     _mm512_fmadd_ps(_mm512_loadu_ps(a), _mm512_loadu_ps(b), _mm512_loadu_ps(c)));
    for (int i = 0; i < 16; ++i) wrong += !same(got[i], std::fma(a[i], b[i], c[i]));
    const __mmask16 mask = static_cast<__mmask16>(random.next());
    _mm512_storeu_ps(got, _mm512_mask_fnmadd_ps(_mm512_loadu_ps(a), mask, _mm512_loadu_ps(b),
                                                _mm512_loadu_ps(c)));
    for (int i = 0; i < 16; ++i)
      wrong += !same(got[i], mask >> i & 1 ? std::fma(-a[i], b[i], c[i]) : a[i]);
  }
  return wrong;
}

int check_rounding() {
  Random random(2);
  int wrong = 0;
  for (int round = 0; round < 100; ++round) {
    float a[16], b[16], up[16], down[16];
    for (int i = 0; i < 16; ++i) {
      a[i] = random.real();
      b[i] = random.real();
    }
    const __m512 x = _mm512_loadu_ps(a), y = _mm512_loadu_ps(b);
    _mm512_storeu_ps(up, _mm512_mul_round_ps(x, y, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC));
    _mm512_storeu_ps(down, _mm512_mul_round_ps(x, y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
    for (int i = 0; i < 16; ++i) {
      const double exact = static_cast<double>(a[i]) * b[i];
      const float nearest = static_cast<float>(exact);
      const float above = nearest >= exact ? nearest : std::nextafter(nearest, INFINITY);
      const float below = nearest <= exact ? nearest : std::nextafter(nearest, -INFINITY);
      wrong += !same(up[i], above) + !same(down[i], below);
    }
  }
  return wrong;
}

int check_masked_loads_and_stores() {
  Random random(3);
  int wrong = 0;
  for (int n = 0; n <= 64; ++n) {
    std::uint8_t source[64], got[64];
    for (auto& byte : source) byte = static_cast<std::uint8_t>(random.next() | 1);
    const __mmask64 mask = n == 64 ? ~0ull : (1ull << n) - 1;
    _mm512_storeu_si512(got, _mm512_maskz_loadu_epi8(mask, source));
    for (int i = 0; i < 64; ++i) wrong += got[i] != (i < n ? source[i] : 0);
  }
  for (int round = 0; round < 100; ++round) {
    float source[16], got[16];
    for (int i = 0; i < 16; ++i) {
      source[i] = random.real();
      got[i] = -1000.0f - static_cast<float>(i);
    }
    const __mmask16 mask = static_cast<__mmask16>(random.next());
    _mm512_mask_storeu_ps(got, mask, _mm512_loadu_ps(source));
    for (int i = 0; i < 16; ++i)
      wrong += got[i] != (mask >> i & 1 ? source[i] : -1000.0f - static_cast<float>(i));
  }
  return wrong;
}

int check_permute() {
  Random random(4);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    float a[16], b[16], got[16];
    std::int32_t index[16];
    for (int i = 0; i < 16; ++i) {
      a[i] = random.real();
      b[i] = random.real();
      index[i] = static_cast<std::int32_t>(random.next());
    }
    _mm512_storeu_ps(got, _mm512_permutex2var_ps(_mm512_loadu_ps(a), _mm512_loadu_si512(index),
                                                 _mm512_loadu_ps(b)));
    for (int i = 0; i < 16; ++i)
      wrong += !same(got[i], index[i] & 16 ? b[index[i] & 15] : a[index[i] & 15]);
    std::int16_t words[32], where[32], result[32];
    for (int i = 0; i < 32; ++i) {
      words[i] = static_cast<std::int16_t>(random.next());
      where[i] = static_cast<std::int16_t>(random.next());
    }
    _mm512_storeu_si512(
        result, _mm512_permutexvar_epi16(_mm512_loadu_si512(where), _mm512_loadu_si512(words)));
    for (int i = 0; i < 32; ++i) wrong += result[i] != words[where[i] & 31];
  }
  return wrong;
}

int check_compress_expand() {
  Random random(5);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    float source[16], packed[16], want[16], back[16];
    for (int i = 0; i < 16; ++i) {
      source[i] = random.real();
      packed[i] = want[i] = 99.0f;
    }
    const __mmask16 mask = static_cast<__mmask16>(random.next());
    int n = 0;
    for (int i = 0; i < 16; ++i)
      if (mask >> i & 1) want[n++] = source[i];
    _mm512_mask_compressstoreu_ps(packed, mask, _mm512_loadu_ps(source));
    for (int i = 0; i < 16; ++i) wrong += !same(packed[i], want[i]);
    _mm512_storeu_ps(back, _mm512_maskz_expandloadu_ps(mask, packed));
    for (int i = 0; i < 16; ++i) wrong += !same(back[i], mask >> i & 1 ? source[i] : 0.0f);
  }
  return wrong;
}

int check_reduce() {
  Random random(6);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    float reals[16];
    std::int32_t integers[16];
    double sum = 0;
    std::uint32_t total = 0;
    for (int i = 0; i < 16; ++i) {
      reals[i] = random.real();
      sum += reals[i];
      integers[i] = static_cast<std::int32_t>(random.next());
      total += static_cast<std::uint32_t>(integers[i]);
    }
    const __m512 x = _mm512_loadu_ps(reals);
    const __m512i y = _mm512_loadu_si512(integers);
    wrong += std::fabs(_mm512_reduce_add_ps(x) - sum) > 1e-4;
    wrong += !same(_mm512_reduce_max_ps(x), *std::max_element(reals, reals + 16));
    wrong += static_cast<std::uint32_t>(_mm512_reduce_add_epi32(y)) != total;
    wrong += _mm512_reduce_min_epi32(y) != *std::min_element(integers, integers + 16);
  }
  return wrong;
}

int check_narrowing() {
  Random random(7);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    std::int32_t a[16], b[16];
    for (int i = 0; i < 16; ++i) {
      a[i] = static_cast<std::int32_t>(random.next()) >> random.between(0, 24);
      b[i] = static_cast<std::int32_t>(random.next()) >> random.between(0, 24);
    }
    const __m512i x = _mm512_loadu_si512(a), y = _mm512_loadu_si512(b);
    std::int8_t cut[16], clamped[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(cut), _mm512_cvtepi32_epi8(x));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(clamped), _mm512_cvtsepi32_epi8(x));
    for (int i = 0; i < 16; ++i) {
      wrong += cut[i] != static_cast<std::int8_t>(a[i]);
      wrong += clamped[i] != std::clamp(a[i], -128, 127);
    }
    std::int16_t packed[32];
    _mm512_storeu_si512(packed, _mm512_packs_epi32(x, y));
    for (int i = 0; i < 32; ++i) {  // within each 128-bit lane: four of a, then four of b
      const int lane = i / 8, at = i % 8;
      const std::int32_t from = at < 4 ? a[lane * 4 + at] : b[lane * 4 + at - 4];
      wrong += packed[i] != std::clamp(from, -32768, 32767);
    }
  }
  return wrong;
}

int check_integer_dot_without_vnni() {
  Random random(8);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    std::uint8_t a[64];
    std::int8_t b[64];
    for (int i = 0; i < 64; ++i) {
      a[i] = static_cast<std::uint8_t>(random.next());
      b[i] = static_cast<std::int8_t>(random.next());
    }
    const __m512i pairs = _mm512_maddubs_epi16(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
    std::int32_t got[16];
    _mm512_storeu_si512(got, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
    for (int i = 0; i < 16; ++i) {
      std::int32_t want = 0;
      for (int j = 0; j < 4; j += 2)
        want += std::clamp(a[4 * i + j] * b[4 * i + j] + a[4 * i + j + 1] * b[4 * i + j + 1],
                           -32768, 32767);
      wrong += got[i] != want;
    }
  }
  return wrong;
}

int check_gather_scatter() {
  Random random(9);
  int wrong = 0;
  for (int round = 0; round < 100; ++round) {
    float table[64], got[16], out[64] = {}, want[64] = {};
    for (auto& x : table) x = random.real();
    std::int32_t index[16];
    for (auto& i : index) i = random.between(0, 63);
    const __m512i where = _mm512_loadu_si512(index);
    const __m512 x = _mm512_i32gather_ps(where, table, 4);
    _mm512_storeu_ps(got, x);
    for (int i = 0; i < 16; ++i) wrong += !same(got[i], table[index[i]]);
    const __mmask16 mask = static_cast<__mmask16>(random.next());
    _mm512_mask_i32scatter_ps(out, mask, where, x, 4);
    for (int i = 0; i < 16; ++i)
      if (mask >> i & 1) want[index[i]] = got[i];
    wrong += std::memcmp(out, want, sizeof out) != 0;
  }
  return wrong;
}

int check_mask_registers() {
  Random random(10);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    std::int8_t a[64], b[64];
    for (int i = 0; i < 64; ++i) {
      a[i] = static_cast<std::int8_t>(random.between(-3, 3));
      b[i] = static_cast<std::int8_t>(random.between(-3, 3));
    }
    std::uint64_t less = 0, equal = 0;
    for (int i = 0; i < 64; ++i) {
      less |= std::uint64_t{a[i] < b[i]} << i;
      equal |= std::uint64_t{a[i] == b[i]} << i;
    }
    const __m512i x = _mm512_loadu_si512(a), y = _mm512_loadu_si512(b);
    const __mmask64 k1 = _mm512_cmplt_epi8_mask(x, y), k2 = _mm512_cmpeq_epi8_mask(x, y);
    wrong += k1 != less || k2 != equal || _kor_mask64(k1, k2) != (less | equal);
    wrong += _mm512_movepi8_mask(_mm512_movm_epi8(k1)) != less;
    std::int32_t words[16];
    _mm512_storeu_si512(words,
                        _mm512_ternarylogic_epi32(x, y, _mm512_set1_epi32(0x0f0f0f0f), 0xca));
    for (int i = 0; i < 16; ++i) {
      std::uint32_t p, q;
      std::memcpy(&p, a + 4 * i, 4);
      std::memcpy(&q, b + 4 * i, 4);
      wrong += static_cast<std::uint32_t>(words[i]) != ((p & q) | (~p & 0x0f0f0f0fu));
    }
  }
  return wrong;
}

int check_conversions() {
  Random random(11);
  int wrong = 0;
  for (int round = 0; round < 200; ++round) {
    float a[16], back[16];
    for (auto& x : a) x = random.real() * 100.0f;
    const __m512 x = _mm512_loadu_ps(a);
    std::int32_t integers[16];
    _mm512_storeu_si512(integers, _mm512_cvtps_epi32(x));
    for (int i = 0; i < 16; ++i)
      wrong += integers[i] != static_cast<std::int32_t>(std::nearbyint(a[i]));
    _mm512_storeu_ps(
        back, _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)));
    for (int i = 0; i < 16; ++i)
      wrong += std::fabs(back[i] - a[i]) > std::fabs(a[i]) * 0.000489f + 1e-7f;
    double doubles[8];
    _mm512_storeu_pd(doubles,
                     _mm512_cvtepi64_pd(_mm512_set1_epi64(static_cast<long long>(round) << 33)));
    wrong += doubles[7] != static_cast<double>(static_cast<long long>(round) << 33);
  }
  return wrong;
}

// Constants that the scalar and the SIMD forms of exp and GELU share, so that their steps are the
// same. Polynomials were fitted by tests/golden/fit_polynomials.py; lowest power first. `static`,
// not `inline`: an ISA object file must define no symbol that the linker could merge.
#pragma once

#include <cstdint>

namespace filigree::kernels {

// exp(x) = 2^n * e^r with n = round(x / ln 2) and r = x - n ln 2. Adding kExpShift to x / ln 2
// rounds it to an integer and leaves n + 127, the biased exponent of 2^n, in the low bits.
static constexpr float kExpLog2e = 0x1.715476p+0F;
static constexpr float kExpShift = 0x1.8000FEp+23F;
// ln 2 in two parts: n * kExpLn2High is exact for |n| < 2^9.
static constexpr float kExpLn2High = 0x1.62E4p-1F;
static constexpr float kExpLn2Low = 0x1.7F7D1Cp-20F;
// exp is 0 below: 2^n would no longer be a normal number.
static constexpr float kExpCutoff = -87.33F;
// (e^r - 1) / r for |r| <= ln(2) / 2, relative error of e^r below 2^-25.
static constexpr float kExpCoefficients[] = {0x1p+0F,        0x1.FFFFFCp-2F, 0x1.555418p-3F,
                                             0x1.555826p-5F, 0x1.12682Ap-7F, 0x1.6AE69p-10F};

// x Phi(x) = x / 2 + x h, h = x R(s), s = 2 x^2 / kGeluClamp^2 - 1, with x clamped to +-kGeluClamp
// inside h. At the clamp h is exactly 1/2, so that GELU is exactly x above and 0 below it.
static constexpr float kGeluClamp = 5.2F;
static constexpr float kGeluScale = static_cast<float>(2 / (5.2 * 5.2));
static constexpr float kGeluCoefficients[] = {
    0x1.166CF4p-3F,  -0x1.157A48p-4F,  0x1.99CD92p-5F,  -0x1.4721ECp-5F, 0x1.060722p-5F,
    -0x1.948FD4p-6F, 0x1.268C22p-6F,   -0x1.9DC8E4p-7F, 0x1.16A9E4p-7F,  -0x1.2A9E2Cp-8F,
    0x1.E7E726p-10F, -0x1.7749DEp-10F, 0x1.461646p-10F, -0x1.AC84E2p-12F};

// A float of magnitude at most 2^22 plus this, minus this, is rounded to an integer, halves to
// even.
static constexpr float kRoundShift = 0x1.8p+23F;

}  // namespace filigree::kernels

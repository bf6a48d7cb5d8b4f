"""Fits the polynomials of kernels/internal/math_constants.h and prints them as C++ constants.

exp:  2^n * e^r with |r| <= ln(2)/2 needs q(r) = (e^r - 1) / r; the error is weighted so that that
      of e^r is relative.
gelu: x * Phi(x) needs R = (Phi(x) - 1/2) / x, an even function of x. Over s = 2 x^2 / a^2 - 1 in
      [-1, 1] the terms of its series all have one sign at s = -1 and sum to R there, so that
      Horner's rule in float, for even and for odd powers, loses nothing; in powers of x^2 it would cancel. The clamp point s = 1
      is weighted so that a * R(1) rounds to 1/2 and gelu is exactly x or 0 beyond it.

Weighted least squares with Lawson's reweighting approaches the minimax fit. Coefficients are
rounded to float one at a time from the highest power down, and those below are fitted again, so
that they take up the rounding.
"""

import math

import numpy as np


def minimax(powers, target, weight, rounds):
    """Coefficients of the columns of `powers` with a nearly smallest weighted maximum error."""
    emphasis = np.full(len(target), 1.0 / len(target))
    best_error, best = math.inf, None
    for _ in range(rounds):
        scale = np.sqrt(emphasis) * weight
        fitted = np.linalg.lstsq(powers * scale[:, None], target * scale, rcond=None)[0]
        error = np.abs(powers @ fitted - target) * weight
        if error.max() < best_error:
            best_error, best = error.max(), fitted
        emphasis *= error / error.max() + 1e-3
        emphasis /= emphasis.sum()
    return best


def float_coefficients(x, target, weight, degree):
    powers = np.vander(x, degree + 1, increasing=True)
    rounded, rest = [0.0] * (degree + 1), target.copy()
    for k in range(degree, -1, -1):
        rounded[k] = float(np.float32(minimax(powers[:, : k + 1], rest, weight, 25)[k]))
        rest -= powers[:, k] * rounded[k]
    error = np.abs(powers @ np.array(rounded) - target) * weight
    return rounded, error.max()


def chebyshev_points(count):
    return np.cos(np.pi * np.arange(count) / (count - 1))


def fit_exp(degree=5):
    r = 0.3469 * chebyshev_points(2001)  # ln(2)/2 = 0.3466, and the rounding of the reduction
    safe = np.where(r == 0, 1.0, r)
    q = np.where(r == 0, 1.0, np.expm1(safe) / safe)
    return float_coefficients(r, q, np.abs(r) / np.exp(r), degree)


def fit_gelu(degree=13, clamp=5.2):
    s = chebyshev_points(2001)
    x = float(np.float32(clamp)) * np.sqrt((s + 1) / 2)
    safe = np.maximum(x, 1e-8)
    erf = np.array([math.erf(v / math.sqrt(2)) for v in safe])
    ratio = np.where(x > 1e-8, erf / (2 * safe), 1 / math.sqrt(2 * math.pi))
    ratio[0] = 0.5 / x[0]
    # The error of gelu is x * x * that of R; what is promised is relative to max(1, |x|).
    weight = np.where(x < 1, x * x, x)
    weight[0] *= 5
    return float_coefficients(s, ratio, weight, degree)


def main():
    for name, (coefficients, error) in (("kExp", fit_exp()), ("kGelu", fit_gelu())):
        print(f"// {name}: error of the fit {error:.2e}, lowest power first")
        for value in coefficients:
            print(f"    {value.hex()}f,")


if __name__ == "__main__":
    main()

"""Fits the polynomials of src/kernels/elementary.ts and prints them, highest power first, with their largest relative error.

python3 test/kernels/elementary.py: needs numpy alone. Minimax by iteratively reweighted least squares (Lawson's algorithm);
coefficients are rounded to float32 one by one, highest first, and the rest is fitted again, so that rounding is part of the fit.
"""

import math

import numpy as np


def fit(basis, target, weight, rounds=400):
    """Coefficients with the smallest largest |weight * (basis @ c - target)|."""
    lawson = np.ones(len(target))
    best, least = None, math.inf
    for _ in range(rounds):
        scale = np.sqrt(lawson) * weight
        c, *_ = np.linalg.lstsq(basis * scale[:, None], target * scale, rcond=None)
        error = np.abs(weight * (basis @ c - target))
        if error.max() < least:
            best, least = c, error.max()
        lawson = lawson * (error / error.max() + 1e-3)
        lawson /= lawson.sum()
    return best, least


def polynomial(name, x, target, weight, degree):
    """Minimax polynomial of x with coefficients in float32."""
    left, fixed, rest = degree, [], target.astype(np.float64)
    error = None
    while left >= 0:
        basis = np.stack([x**i for i in range(left + 1)], axis=1)
        c, error = fit(basis, rest, weight)
        rounded = float(np.float32(c[left]))
        fixed.append(rounded)
        rest = rest - rounded * x**left
        left -= 1
    final = np.abs(weight * (np.polyval(fixed, x) - target)).max()
    print(f"{name}: {', '.join(repr(float(f'{v:.9g}')) for v in fixed)}  # {final:.2e}")


def nodes(low, high, count=4001):
    t = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    return (low + high) / 2 + (high - low) / 2 * t


vexpm1, vlog1p = np.expm1, np.log1p
verf = np.vectorize(math.erf)
verfc = np.vectorize(math.erfc)


def series(x, f, terms):
    """f where it is accurate, else a Taylor series: targets divide by powers of x."""
    return np.where(np.abs(x) < 0.05, sum(c * x**i for i, c in enumerate(terms)), f(np.where(x == 0, 1, x)))


x = nodes(-0.34658, 0.34658)
target = series(x, lambda t: (np.expm1(t) - t) / t**2, [1 / math.factorial(i + 2) for i in range(10)])
polynomial("exp", x, target, x**2 / np.exp(x), 5)
polynomial("expm1", x, target, np.abs(x**2 / np.expm1(np.where(x == 0, 1, x))), 5)

x = nodes(math.sqrt(0.5) - 1, math.sqrt(2) - 1)
target = series(x, lambda t: (np.log1p(t) - t + t**2 / 2) / t**3, [(-1) ** i / (i + 3) for i in range(14)])
polynomial("log", x, target, np.abs(x**3 / np.log1p(np.where(x == 0, 1, x))), 8)

x = nodes(1e-4, 0.625)
z = x**2
polynomial("tanh", z, series(x, lambda t: (np.tanh(t) - t) / t**3, [-1 / 3, 0, 2 / 15, 0, -17 / 315, 0, 62 / 2835]), x**3 / np.tanh(x), 4)

x = nodes(1e-4, 0.875)
z = x**2
polynomial("erf near", z, verf(x) / x - 1, x / verf(x), 6)

x = nodes(0.875, 4.0)
polynomial("erf far", x, -np.log(verfc(x)), verfc(x) / verf(x), 8)

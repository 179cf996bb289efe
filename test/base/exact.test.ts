import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { quotient, unitExponent, wholeOf } from "../../src/base/exact.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("doubles as integers times a power of 2", () => {
  it("round-trip at any scale", () => {
    fc.assert(
      fc.property(finite, (value) => {
        const unit = Math.min(0, unitExponent(value));
        expect(quotient(wholeOf(value, unit), 1n << BigInt(-unit))).toBe(value + 0);
      }),
    );
    for (const value of [5e-324, 2 ** -1022, Number.MAX_VALUE, 0.1, -3, 2 ** 60]) {
      const unit = unitExponent(value);
      expect(value / 2 ** unit / 2).not.toBe(Math.floor(value / 2 ** unit / 2));
    }
  });

  it("have correctly rounded quotients", () => {
    expect(quotient(1n, 3n)).toBe(1 / 3);
    expect(quotient(-2n, 7n)).toBe(-2 / 7);
    expect(quotient(0n, 7n)).toBe(0);
    expect(quotient(10n ** 400n, 3n * 10n ** 399n)).toBe(10 / 3);
    expect(quotient(1n, 10n ** 300n)).toBeCloseTo(1e-300, 315);
    expect(quotient(1n, 10n ** 400n)).toBe(0);
    expect(quotient(10n ** 400n, 1n)).toBe(Infinity);
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        if (b > 0)
          expect(Math.abs(quotient(BigInt(a), BigInt(b)) - a / b)).toBeLessThanOrEqual(Math.abs(a / b) * 2 ** -52);
      }),
    );
  });
});

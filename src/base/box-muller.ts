/**
 * Standard normal numbers from pairs of uniform words. Math.log, Math.sin and Math.cos differ in their last bits from one
 * JavaScript engine to another; here only operations occur that IEEE 754 rounds correctly, so that the numbers are the same
 * everywhere. The kernel of `emit-draws.ts` performs the same operations in the same order.
 * @source Box, Muller, "A note on the generation of random normal deviates", Annals of Mathematical Statistics 29, 1958.
 * @source FreeBSD's msun, e_log.c, k_sin.c, k_cos.c and e_rem_pio2.c: polynomials and argument reduction.
 */

/** ln 2 as a sum of two parts, the first of which has so few bits that its products with exponents are exact. */
export const ln2 = [6.93147180369123816e-1, 1.9082149292705877e-10] as const;
/** pi / 2 as a sum of three parts, of which the products of the first two with quarter turns are exact. */
export const quarterTurn = [1.57079632673412561, 6.07710050630396598e-11, 2.02226624879595063e-21] as const;
/** Radians of the last bit of a word, of which 2^32 are a turn. */
export const radians = 2 * Math.PI * 2 ** -32;

// Coefficients, highest power first.
/** (log(1 + f) - log(1 - f) - 2 f) / f as a polynomial of f^2, odd and even powers apart. */
export const logOdd = [
  0.1479819860511658591, 0.1818357216161805012, 0.2857142874366239149, 0.666666666666673513,
] as const;
export const logEven = [0.1531383769920937332, 0.2222219843214978396, 0.3999999999940941908] as const;
/** (sin x - x) / x^3 as a polynomial of x^2. */
export const sineSeries = [
  1.5896909952115501e-10, -2.50507602534068634e-8, 2.75573137070700677e-6, -1.98412698298579493e-4,
  8.33333333332248946e-3, -1.66666666666666324e-1,
] as const;
/** (cos x - 1 + x^2 / 2) / x^4 as a polynomial of x^2. */
export const cosineSeries = [
  -1.13596475577881948e-11, 2.08757232129817483e-9, -2.75573143513906633e-7, 2.48015872894767294e-5,
  -1.38888888888741096e-3, 4.16666666666666019e-2,
] as const;

const [ln2High, ln2Low] = ln2;
const [turn1, turn2, turn3] = quarterTurn;
const [l7, l5, l3, l1] = logOdd;
const [l6, l4, l2] = logEven;
const [s6, s5, s4, s3, s2, s1] = sineSeries;
const [c6, c5, c4, c3, c2, c1] = cosineSeries;
/** 2^-e at e + 1. */
const scales = Float64Array.from({ length: 33 }, (_, i) => 2 ** (1 - i));

/**
 * Makes standard normal numbers of words: sqrt(-2 log u) cos v and sqrt(-2 log u) sin v, with the uniform number u of the first
 * word of a pair and the angle v of the second.
 * @param words May be the memory of `out`.
 * @param out Numbers in float64 are those that float32 rounds.
 * @param beyond The word after the last, for an odd count.
 */
export function boxMuller(words: Uint32Array, out: Float32Array | Float64Array, beyond: number): void {
  for (let i = 0; i < out.length; i += 2) {
    const first = words[i]!;
    const second = i + 1 < out.length ? words[i + 1]! : beyond;
    // u = m * 2^e with m from sqrt(1/2) to sqrt(2). Adding 0.5 keeps it above 0.
    let exponent = 31 - Math.clz32(first);
    let m = (first + 0.5) * scales[exponent + 1]!;
    if (m >= Math.SQRT2) {
      m *= 0.5;
      exponent++;
    }
    const e = exponent - 32;
    const f = m - 1;
    const s = f / (f + 2);
    const z = s * s;
    const w = z * z;
    const odd = ((l7 * w + l5) * w + l3) * w + l1;
    const even = (l6 * w + l4) * w + l2;
    const half = f * f * 0.5;
    const low = (half + (odd * z + even * w)) * s + e * ln2Low;
    const log = e * ln2High - (half - low - f);
    const radius = Math.sqrt(log * -2);

    const quarters = ((second >>> 29) + 1) >>> 1;
    const x = second * radians - quarters * turn1 - quarters * turn2 - quarters * turn3;
    const y = x * x;
    const sine = (((((s6 * y + s5) * y + s4) * y + s3) * y + s2) * y + s1) * (y * x) + x;
    const cosineRest = (((((c6 * y + c5) * y + c4) * y + c3) * y + c2) * y + c1) * (y * y);
    const halfSquare = y * 0.5;
    const near = 1 - halfSquare;
    // 1 - near - halfSquare is the rounding error of `near`.
    const cosine = 1 - near - halfSquare + cosineRest + near;

    const isOdd = (quarters & 1) === 1;
    const a = (isOdd ? sine : cosine) * radius;
    const b = (isOdd ? cosine : sine) * radius;
    out[i] = ((quarters + 1) & 2) === 0 ? a : -a;
    if (i + 1 < out.length) out[i + 1] = (quarters & 2) === 0 ? b : -b;
  }
}

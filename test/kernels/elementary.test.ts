import { describe, expect, it } from "vitest";

import { type NdArray, fromNumbers, ndarray, zeros } from "../../src/base/ndarray.ts";
import type { Arithmetic, Scalar } from "../../src/graph/kernel-form.ts";
import { wholeView } from "../../src/graph/view.ts";
import { type Node, Nodes } from "../../src/kernels/scalars.ts";
import * as ops from "../../src/ops/index.ts";
import { runKernel } from "./run-kernel.ts";

type Function = "exp" | "expm1" | "log" | "log1p" | "tanh" | "sigmoid" | "softplus" | "erf" | "sqrt";

/** The kernel's results for float32 arguments. */
function computed(form: (k: Arithmetic, ...args: Scalar[]) => Scalar, ...args: NdArray<"float32">[]): Float32Array {
  const k = new Nodes();
  const out = zeros(args[0]!.shape);
  const value = form(k, ...args.map((x) => k.load(wholeView(x, x.shape), "float32"))) as Node;
  const stores = [{ view: wholeView(out, out.shape), value }];
  runKernel({ size: out.data.length, stores, folds: [], reduced: null }, [...args, out]);
  return out.data;
}

/** Every so many of all float32 numbers. */
function sweep(step: number): NdArray<"float32"> {
  const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / step) }, (_, i) => i * step);
  const values = new Float32Array(bits.buffer).filter((value) => !Number.isNaN(value));
  return ndarray("float32", [values.length], values);
}

/** Distance in units of the last place of the exact value, which has a smallest unit below normal numbers. */
function unitsOff(actual: number, exact: number): number {
  if (Object.is(actual, exact) || (Number.isNaN(actual) && Number.isNaN(exact))) return 0;
  const rounded = Math.fround(exact);
  if (actual === rounded) return actual === 0 && Object.is(rounded, -0) !== Object.is(actual, -0) ? Infinity : 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) {
    // One side has overflowed: the other must be next to the largest number.
    const [finite] = [actual, exact].filter((value) => Math.abs(value) < 2 ** 129).map(Math.abs);
    return finite !== undefined && finite > 3.4028e38 && Math.sign(actual) === Math.sign(exact) ? 1 : Infinity;
  }
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(exact)))) - 23);
  return Math.abs(actual - exact) / unit;
}

function worst(x: readonly NdArray<"float32">[], actual: Float32Array, exact: (...x: number[]) => number) {
  let most = { units: 0, at: [] as number[], got: 0 };
  for (let i = 0; i < actual.length; i++) {
    const at = x.map(({ data }) => data[i]!);
    const units = unitsOff(actual[i]!, exact(...at));
    if (units > most.units) most = { units, at, got: actual[i]! };
  }
  return most;
}

const erf = (x: number) => ops.erfOp.evaluate([{ shape: [], data: Float64Array.of(x) }], {}, [])[0]!;

const exact: Readonly<Record<Function, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf,
  sqrt: Math.sqrt,
};

describe("elementary functions", () => {
  it.each(Object.keys(exact) as Function[])("%s is accurate to 2 units in the last place", (name) => {
    // The exact error function is slow.
    const x = sweep(name === "erf" ? 40_013 : 8_009);
    const most = worst(
      [x],
      computed((k, at) => k[name](at), x),
      exact[name],
    );
    expect(most.units, `${name}(${most.at}) = ${most.got}`).toBeLessThanOrEqual(2);
  });

  it.each([
    ["exp", [0, -0, Infinity, -Infinity, NaN, 1e-45, 88.72284, 89, -87.4, -103.9, -104.1]],
    ["expm1", [0, -0, Infinity, -Infinity, NaN, 1e-45, -1e-45, 88.72284, 89, -20, 1e-10]],
    ["log", [0, -0, Infinity, -Infinity, NaN, 1e-45, 1.1754944e-38, 3.4028235e38, 1, -1, 0.99999994]],
    ["log1p", [0, -0, Infinity, -Infinity, NaN, 1e-45, -1e-45, -1, -2, 3.4028235e38, -0.99999994]],
    ["tanh", [0, -0, Infinity, -Infinity, NaN, 1e-45, -1e-45, 50, -50]],
    ["sigmoid", [0, -0, Infinity, -Infinity, NaN, 1e-45, 100, -100, -104]],
    ["softplus", [0, -0, Infinity, -Infinity, NaN, 1e-45, 100, -100, 3.4028235e38]],
    ["erf", [0, -0, Infinity, -Infinity, NaN, 1e-38, -1e-38, 4, -4.5]],
  ] as const)("%s is correct at its limits", (name, numbers) => {
    const x = fromNumbers(numbers);
    const actual = computed((k, at) => k[name](at), x);
    x.data.forEach((value, i) => {
      expect(unitsOff(actual[i]!, exact[name](value)), `${name}(${value}) = ${actual[i]}`).toBeLessThanOrEqual(2);
    });
  });

  it("pow is accurate to 2 units in the last place", () => {
    const bits = Uint32Array.from({ length: 400_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 0);
    const bases = new Float32Array(bits.buffer).map((value) => (Number.isNaN(value) ? 1.5 : value));
    const exponents = Float32Array.from(bases, (base, i) => {
      const wanted = ((i * 7919) % 1000) / 5 - 100;
      return i % 3 === 0 ? (i % 41) - 20 : wanted / Math.log(Math.abs(base) || 2);
    });
    const [a, b] = [bases, exponents].map((data) => ndarray("float32", [data.length], data));
    const most = worst(
      [a!, b!],
      computed((k, x, y) => k.pow(x, y), a!, b!),
      (x, y) => x ** y,
    );
    expect(most.units, `${most.at} = ${most.got}`).toBeLessThanOrEqual(2);
  });

  it("pow is correct at its limits", () => {
    const numbers = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN, 1e-45, -3.4e38];
    const pairs = numbers.flatMap((x) => numbers.map((y) => [x, y] as const));
    const [a, b] = [0, 1].map((side) => fromNumbers(pairs.map((pair) => pair[side as 0 | 1])));
    const actual = computed((k, x, y) => k.pow(x, y), a!, b!);
    pairs.forEach(([,], i) => {
      const [x, y] = [a!.data[i]!, b!.data[i]!];
      // IEEE 754 and PyTorch have 1 where JavaScript has NaN.
      const expected = x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
      expect(unitsOff(actual[i]!, expected), `${x} ** ${y} = ${actual[i]}`).toBeLessThanOrEqual(2);
    });
  });
});

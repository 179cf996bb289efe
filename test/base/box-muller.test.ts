import { describe, expect, it } from "vitest";

import { boxMuller } from "../../src/base/box-muller.ts";
import { filled } from "../../src/base/filled.ts";
import { key } from "../../src/base/random.ts";
import { streamOf } from "../../src/base/xoshiro.ts";
import { normals as kernelNormals, unrounded } from "../../src/kernels/box-muller.ts";
import { emitInPlace } from "../../src/kernels/emit-draws.ts";
import { imports } from "../../src/kernels/imports.ts";
import { type FunctionBuilder, ModuleBuilder } from "../../src/kernels/wasm.ts";

/** The largest and the smallest words, and those beside the ends of octants and of the range of the logarithm's polynomial. */
const edges = [0, 1, 2, 2 ** 32 - 1, 2 ** 32 - 2, Math.floor(2 ** 31.5), Math.floor(2 ** 31.5) + 1].concat(
  [1, 2, 3, 4, 5, 6, 7].flatMap((octants) => [-1, 0, 1].map((beside) => octants * 2 ** 29 + beside)),
);
const pairsOfEdges = Uint32Array.from(edges.flatMap((first) => edges.flatMap((second) => [first, second])));

const ascending = (a: number, b: number): number => a - b;

function normals(words: Uint32Array): Float32Array {
  const bytes = words.slice().buffer;
  const out = new Float32Array(bytes);
  boxMuller(new Uint32Array(bytes), out, 0);
  return out;
}

/** The largest distance of the numbers of words to those that float64 functions give, in units in the last place of float32. */
function error(words: Uint32Array): number {
  const drawn = normals(words);
  let most = 0;
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) * 2 ** -32));
    const angle = 2 * Math.PI * words[i + 1]! * 2 ** -32;
    for (const [j, exact] of [radius * Math.cos(angle), radius * Math.sin(angle)].entries()) {
      const unit = 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(exact))) - 23);
      most = Math.max(most, Math.abs(drawn[i + j]! - exact) / unit);
    }
  }
  return most;
}

describe("normal numbers", () => {
  // Half a unit is the error of rounding alone.
  it.each([
    ["at all radii", filled(new Uint32Array(2 ** 17), (i) => (i % 2 === 0 ? i * 32_767 : i * 0x9e3779b1))],
    ["at all angles", filled(new Uint32Array(2 ** 17), (i) => (i % 2 === 0 ? i * 0x9e3779b1 : i * 32_767))],
    ["at edges", pairsOfEdges],
  ])("are rounded correctly %s", (_, words) => {
    expect(error(words)).toBeLessThan(0.5 + 1e-6);
  });

  it("are at most 6.66 in magnitude, reached where the uniform number is 2^-33", () => {
    expect(normals(Uint32Array.of(0, 0))[0]).toBe(Math.fround(Math.sqrt(66 * Math.LN2)));
  });

  const kernelOf = (function_: FunctionBuilder) => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const builder = new ModuleBuilder();
    builder.add(function_, "run");
    const module = new WebAssembly.Module(builder.finish({ pages: 1 }));
    const { exports } = new WebAssembly.Instance(module, { [imports.module]: { [imports.memory]: memory } });
    return { memory, run: exports["run"] as (at: number, end: number) => void };
  };

  it("are computed identically by the kernel at edge cases", () => {
    const { memory, run } = kernelOf(emitInPlace(kernelNormals));
    const drawn = filled(new Uint32Array(memory.buffer, 64, pairsOfEdges.length), (i) => pairsOfEdges[i]!);
    run(64, 64 + drawn.byteLength);
    expect([...drawn]).toEqual([...new Uint32Array(normals(pairsOfEdges).buffer)]);
  });

  it("are computed identically by the kernel before rounding, which would hide almost all differences", () => {
    const { memory, run } = kernelOf(
      emitInPlace((k, left, right) => {
        const { cosines, sines } = unrounded(k, left, right);
        return [...cosines, ...sines];
      }),
    );
    const words = streamOf(key(1)).take(1600);
    const exact = new Float64Array(words.length);
    boxMuller(words, exact, 0);
    const [given, made] = [new Uint32Array(memory.buffer, 64, 8), new Float64Array(memory.buffer, 64, 8)];
    for (let at = 0; at < words.length; at += 8) {
      given.set(words.subarray(at, at + 8));
      run(64, 96);
      for (let pair = 0; pair < 4; pair++) {
        const sizes = [exact[at + 2 * pair]!, exact[at + 2 * pair + 1]!].map(Math.abs);
        // In one order or the other, which depends on the quarter turns.
        const found = [made[pair]!, made[pair + 4]!].map(Math.abs);
        expect(found.toSorted(ascending)).toEqual(sizes.toSorted(ascending));
      }
    }
  });
});

import { maxOf } from "../base/many.ts";
import { wholeView } from "../graph/view.ts";
import { normals } from "./box-muller.ts";
import { operate } from "./emit-nodes.ts";
import { type Node, Nodes, neededFor, operandsOf } from "./scalars.ts";
import { FunctionBuilder, type Local, ModuleBuilder } from "./wasm.ts";

/** Streams that the kernel advances at the same time, one per lane. */
export const lanes = 4;
/** Bytes of their states: a vector for each of the four words. */
export const statesBytes = 64;

/** Words of which `normal` makes numbers at the same time. */
export const normalsAtOnce = 8;

/**
 * A module with these functions of addresses:
 * - `words(states, at, count)` takes `count` words from each of four states of xoshiro128++, one after another from the address
 *   `at` on.
 * - `uniform(states, at, count)` writes numbers of the distribution on [0, 1) instead.
 * - `normal(at, end)` replaces words between two addresses, a multiple of `normalsAtOnce`, by standard normal numbers.
 * @param shared The maximum number of pages of a shared memory; null if it is not shared.
 */
export function emitDraws(shared: number | null): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.add(emitStreams(false), "words");
  module.add(emitStreams(true), "uniform");
  module.add(emitInPlace(normals), "normal");
  return module.finish({ pages: 1, ...(shared !== null && { shared }) });
}

function emitStreams(isUniform: boolean): FunctionBuilder {
  const code = new FunctionBuilder(["i32", "i32", "i32"]);
  const [states, at, count] = code.params as [Local, Local, Local];
  const state = Array.from({ length: 4 }, () => code.local("v128")) as [Local, Local, Local, Local];
  const [a, b, c, d] = state;
  const [drawn, shifted] = [code.local("v128"), code.local("v128")];
  const places = Array.from({ length: lanes }, () => code.local("i32"));
  const end = code.local("i32");
  const rotated = (x: Local, by: number) => {
    code.get(x).i32(by).op("i32x4.shl");
    code
      .get(x)
      .i32(32 - by)
      .op("i32x4.shr_u")
      .op("v128.or");
  };
  const xor = (target: Local, other: Local) => code.get(target).get(other).op("v128.xor").set(target);

  state.forEach((word, i) =>
    code
      .get(states)
      .memory("v128.load", { offset: 16 * i })
      .set(word),
  );
  code.get(at).set(end);
  for (const place of places) {
    code.get(end).tee(place).get(count).i32(2).op("i32.shl").op("i32.add").set(end);
  }
  code.loop(() => {
    code.get(a).get(d).op("i32x4.add").set(drawn);
    rotated(drawn, 7);
    code.get(a).op("i32x4.add");
    // 24 bits are exact in float32.
    if (isUniform) {
      code.i32(8).op("i32x4.shr_u").op("f32x4.convert_i32x4_s");
      code
        .f32(2 ** -24)
        .op("f32x4.splat")
        .op("f32x4.mul");
    }
    code.set(drawn);
    places.forEach((place, lane) => {
      code.get(place).get(drawn).memory("v128.store32_lane", { lane });
      code.get(place).i32(4).op("i32.add").set(place);
    });
    code.get(b).i32(9).op("i32x4.shl").set(shifted);
    xor(c, a);
    xor(d, b);
    xor(b, c);
    xor(a, d);
    xor(c, shifted);
    rotated(d, 11);
    code.set(d);
    code.get(places.at(-1)!).get(end).op("i32.ne");
  });
  return code;
}

/** A function of two addresses that replaces the words between them, `normalsAtOnce` at a time. */
export function emitInPlace(results: (k: Nodes, left: Node, right: Node) => readonly Node[]): FunctionBuilder {
  const code = new FunctionBuilder(["i32", "i32"]);
  const [at, end] = code.params as [Local, Local];
  const k = new Nodes();
  const words = [0, 4].map((offset) => k.load({ ...wholeView(code, [4]), offset }, "int32"));
  const written = results(k, words[0]!, words[1]!);
  const nodes = inOrder(written);
  const locals = new Map(nodes.map((node) => [node, code.local("v128")]));
  // V8 12 and newer computes constants where they are written, even in a loop.
  for (const node of nodes) if (node.kind === "constant") code.v128(node.bytes).set(locals.get(node)!);
  code.loop(() => {
    for (const node of nodes) {
      if (node.kind === "constant") continue;
      if (node.kind === "load") code.get(at).memory("v128.load", { offset: 4 * node.view.offset });
      else {
        for (const operand of node.operands) code.get(locals.get(operand)!);
        operate(code, node);
      }
      code.set(locals.get(node)!);
    }
    written.forEach((node, i) =>
      code
        .get(at)
        .get(locals.get(node)!)
        .memory("v128.store", { offset: 16 * i }),
    );
    code
      .get(at)
      .i32(4 * normalsAtOnce)
      .op("i32.add")
      .tee(at);
    code.get(end).op("i32.ne");
  });
  return code;
}

/**
 * Nodes by the length of the longest chain of operations before them. A processor looks only some hundred instructions ahead for
 * those that it can start, and V8 12 and newer does not change their order.
 */
function inOrder(roots: readonly Node[]): Node[] {
  const depths = new Map<Node, number>();
  for (const node of neededFor(roots)) {
    depths.set(node, 1 + maxOf([0, ...operandsOf(node).map((operand) => depths.get(operand)!)]));
  }
  return [...depths.keys()].toSorted((a, b) => depths.get(a)! - depths.get(b)!);
}

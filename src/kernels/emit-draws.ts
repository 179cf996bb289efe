import { FunctionBuilder, type Local, ModuleBuilder } from "./wasm.ts";

/** Streams that the kernel advances at the same time, one per lane. */
export const lanes = 4;
/** Bytes of their states: a vector for each of the four words. */
export const statesBytes = 64;

/**
 * A module with the function `uniform(states, at, count)`: `count` numbers of the distribution on [0, 1) from each of four states of
 * xoshiro128++, one after another from the address `at` on. Their states after that replace those at `states`.
 * @param shared The maximum number of pages of a shared memory; null if it is not shared.
 */
export function emitDraws(shared: number | null): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.add(emitUniform(), "uniform");
  return module.finish({ pages: 1, ...(shared !== null && { shared }) });
}

function emitUniform(): FunctionBuilder {
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
    // 24 bits are exact in float32.
    code.get(a).op("i32x4.add").i32(8).op("i32x4.shr_u").op("f32x4.convert_i32x4_s");
    code
      .f32(2 ** -24)
      .op("f32x4.splat")
      .op("f32x4.mul")
      .set(drawn);
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
  state.forEach((word, i) =>
    code
      .get(states)
      .get(word)
      .memory("v128.store", { offset: 16 * i }),
  );
  return code;
}

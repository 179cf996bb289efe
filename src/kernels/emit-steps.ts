import type { Argmax, Scatter } from "./steps.ts";
import { FunctionBuilder, type Local } from "./wasm.ts";

/** Runs a body with a counter from 0 to `times` - 1; `times` is at least 1. */
export function count(code: FunctionBuilder, times: number | Local, body: (counter: Local) => void): void {
  const counter = code.local("i32");
  code.i32(0).set(counter);
  code.loop(() => {
    body(counter);
    code.get(counter).i32(1).op("i32.add").tee(counter);
    if (typeof times === "number") code.i32(times);
    else code.get(times);
    code.op("i32.lt_u");
  });
}

/** Computes the first index of one part when work is divided, and the index after its last one. */
export function pushPart(
  code: FunctionBuilder,
  units: number | Local,
  part: Local,
  parts: Local,
  first: Local,
  end: Local,
): void {
  const unitsTimes = () => (typeof units === "number" ? code.i32(units) : code.get(units)).get(part);
  unitsTimes().op("i32.mul").get(parts).op("i32.div_u").set(first);
  unitsTimes().i32(1).op("i32.add").op("i32.mul").get(parts).op("i32.div_u").set(end);
}

/** The argmax step, as a function of the addresses of x and the result. */
export function emitArgmax({ x: { shape } }: Argmax): FunctionBuilder {
  const [outer, extent, inner] = shape as [number, number, number];
  const code = new FunctionBuilder(["i32", "i32"]);
  const [x, out] = code.params as [Local, Local];
  const [at, place] = [code.local("i32"), code.local("i32")];
  const [best, value] = [code.local("f32"), code.local("f32")];
  count(code, outer, (row) => {
    count(code, inner, (column) => {
      code
        .get(row)
        .i32(extent * inner)
        .op("i32.mul")
        .get(column)
        .op("i32.add")
        .i32(2)
        .op("i32.shl");
      code.get(x).op("i32.add").tee(at).memory("f32.load").set(best).i32(0).set(place);
      count(code, extent, (index) => {
        code.get(at).memory("f32.load").tee(value).get(best).op("f32.gt");
        code.when(() => code.get(value).set(best).get(index).set(place));
        code
          .get(at)
          .i32(4 * inner)
          .op("i32.add")
          .set(at);
      });
      code.get(out).get(place).memory("i32.store");
      code.get(out).i32(4).op("i32.add").set(out);
    });
  });
  return code;
}

/** The scatter step, as a function of the addresses of g, the indices and the result. */
export function emitScatter({ g, out: { shape } }: Scatter): FunctionBuilder {
  const [outer, extent, inner] = shape as [number, number, number];
  const places = g.shape[1]!;
  const code = new FunctionBuilder(["i32", "i32", "i32"]);
  const [from, table, out] = code.params as [Local, Local, Local];
  const to = code.local("i32");
  code
    .get(out)
    .i32(0)
    .i32(4 * outer * extent * inner)
    .fillMemory();
  const [fours, rest] = [Math.floor(inner / 4), inner % 4];
  const move = (bytes: number) => {
    for (const pointer of [from, to]) code.get(pointer).i32(bytes).op("i32.add").set(pointer);
  };
  count(code, outer, (row) => {
    count(code, places, (index) => {
      code.get(table).get(index).i32(2).op("i32.shl").op("i32.add").memory("i32.load");
      code
        .get(row)
        .i32(extent)
        .op("i32.mul")
        .op("i32.add")
        .i32(4 * inner)
        .op("i32.mul");
      code.get(out).op("i32.add").set(to);
      if (fours > 0) {
        count(code, fours, () => {
          code.get(to).get(to).memory("v128.load").get(from).memory("v128.load").op("f32x4.add").memory("v128.store");
          move(16);
        });
      }
      if (rest > 0) {
        count(code, rest, () => {
          code.get(to).get(to).memory("f32.load").get(from).memory("f32.load").op("f32.add").memory("f32.store");
          move(4);
        });
      }
    });
  });
  return code;
}

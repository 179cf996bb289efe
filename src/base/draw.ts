import { boxMuller } from "./box-muller.ts";
import { type NdArray, type Shape, ndarray, sizeOf } from "./ndarray.ts";
import type { Key } from "./threefry.ts";
import { type Xoshiro, streamOf } from "./xoshiro.ts";

/** Random numbers that are not drawn yet: float32 numbers of a shape, in C order, in equal parts from the streams of the keys. */
export interface Draw {
  readonly distribution: "uniform" | "normal";
  readonly keys: readonly Key[];
  readonly shape: Shape;
}

/** Whether a fed value is to be drawn. */
export function isDraw(value: object): value is Draw {
  return "keys" in value;
}

/** Draws random numbers into a new array. */
export function drawn(draw: Draw): NdArray<"float32"> {
  return ndarray("float32", draw.shape, drawInto(draw, new Float32Array(sizeOf(draw.shape))));
}

/** Draws random numbers into an array that is at hand. */
export function drawInto({ distribution, keys }: Draw, out: Float32Array): Float32Array {
  const size = out.length / keys.length;
  const fill = distribution === "uniform" ? fillUniform : fillNormal;
  for (let i = 0; i < keys.length; i++) {
    fill(streamOf(keys[i]!), keys.length === 1 ? out : out.subarray(i * size, (i + 1) * size));
  }
  return out;
}

/** Fills an array with the next uniform numbers of a stream. */
export function fillUniform(stream: Xoshiro, out: Float32Array): void {
  stream.takeInto(out, 8, 2 ** -24);
}

function fillNormal(stream: Xoshiro, out: Float32Array): void {
  const words = stream.takeInto(new Uint32Array(out.buffer, out.byteOffset, out.length), 0, 1);
  boxMuller(words, out, out.length % 2 === 0 ? 0 : stream.take(1)[0]!);
}

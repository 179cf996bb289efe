import { filled } from "./filled.ts";

/** The integers from `start` up to, but excluding, `stop`. */
export function range(start: number, stop: number): Int32Array<ArrayBuffer> {
  return filled(new Int32Array(stop - start), (i) => start + i);
}

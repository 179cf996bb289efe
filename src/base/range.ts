/** The whole numbers from `start` to before `stop`. */
export function range(start: number, stop: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: stop - start }, (_, i) => start + i);
}

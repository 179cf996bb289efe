type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint32Array;

/**
 * Fills an array with a function of the index. `Float32Array.from(data, f)` and `.map` take 6 to 20 times as long, and `from`
 * needs 6 times the memory because it collects the values in a list first.
 */
export function filled<A extends Numbers>(out: A, of: (place: number) => number): A {
  for (let i = 0; i < out.length; i++) out[i] = of(i);
  return out;
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint32Array;

/**
 * An array with each place set to a function of it. `Float32Array.from(data, f)` and `.map` take six to twenty times the time,
 * and `from` six times the memory: it gathers the values in a list first.
 */
export function filled<A extends Numbers>(out: A, of: (place: number) => number): A {
  for (let i = 0; i < out.length; i++) out[i] = of(i);
  return out;
}

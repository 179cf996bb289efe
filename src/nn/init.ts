import { type NdArray, type Shape, deferred, full, ndarray, sizeOf, zeros } from "../base/ndarray.ts";
import { type Key, normal, uniform } from "../base/random.ts";

/**
 * Initial values of a weight. Shapes end in [in, out]; the axes before them are kernel positions, which count towards
 * both fans. Values are drawn on first access.
 */
export type Initializer = (key: Key, shape: Shape) => NdArray<"float32">;

function fans(shape: Shape): [fanIn: number, fanOut: number] {
  const taps = sizeOf(shape.slice(0, -2));
  return [(shape.at(-2) ?? 1) * taps, (shape.at(-1) ?? 1) * taps];
}

function scaled(
  draw: (key: Key, shape: Shape) => NdArray<"float32">,
  key: Key,
  shape: Shape,
  scale: (value: number) => number,
): NdArray<"float32"> {
  return deferred(shape, () => ndarray("float32", shape, draw(key, shape).data.map(scale)));
}

/** An array of this shape filled with one value. */
export function constantInit(shape: Shape, value: number): NdArray<"float32"> {
  return deferred(shape, () => full(shape, value));
}

/** N(0, 2 / fan in), for ReLU. @source He et al., arXiv 1502.01852, section 2.2. */
export const heNormal: Initializer = (key, shape) => {
  const deviation = Math.sqrt(2 / fans(shape)[0]);
  return scaled(normal, key, shape, (value) => value * deviation);
};

/** Uniform on +-sqrt(6 / (fan in + fan out)). @source Glorot, Bengio, AISTATS 2010, equation 16. */
export const glorotUniform: Initializer = (key, shape) => {
  const [fanIn, fanOut] = fans(shape);
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return scaled(uniform, key, shape, (value) => bound * (2 * value - 1));
};

/** N(0, deviation^2). */
export function normalInit(deviation: number): Initializer {
  return (key, shape) => scaled(normal, key, shape, (value) => value * deviation);
}

/**
 * Orthonormal rows or columns, whichever are fewer, times `gain`: a normal matrix orthonormalised by Gram-Schmidt, run
 * twice.
 * @source Saxe et al., arXiv 1312.6120, section 3.
 */
export function orthogonal(gain = 1): Initializer {
  return (key, shape) => deferred(shape, () => orthonormal(key, shape, gain));
}

function orthonormal(key: Key, shape: Shape, gain: number): NdArray<"float32"> {
  const cols = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / cols;
  const [count, length] = [Math.min(rows, cols), Math.max(rows, cols)];
  const drawn = normal(key, [count, length]).data;
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from(drawn.subarray(i * length, (i + 1) * length)),
  );
  vectors.forEach((vector, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of vectors.slice(0, i)) {
        const along = dot(vector, earlier);
        for (let at = 0; at < length; at++) vector[at]! -= along * earlier[at]!;
      }
    }
    const size = Math.sqrt(dot(vector, vector));
    for (let at = 0; at < length; at++) vector[at]! /= size;
  });
  const out = zeros(shape);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      out.data[row * cols + col] = gain * (rows < cols ? vectors[row]![col]! : vectors[col]![row]!);
    }
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

import { ShapeError } from "./errors.ts";

/** Sizes along each axis, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

interface Storage {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  /** One byte per element, 0 or 1. */
  bool: Uint8Array;
}

/** Element type of an array. */
export type DType = keyof Storage;

/** Numbers in memory: contiguous, in C order (the last axis varies fastest). The symbolic counterpart is `Tensor`. */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: Storage[D];
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Bytes of an element. */
export function bytesOfType(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** Whether two shapes, of which axes may be symbolic, are the same. */
export function equalShapes(a: readonly (number | string)[], b: readonly (number | string)[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** `[2, 3]`, for messages. */
export function formatShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(", ")}]`;
}

/** Wraps `data` in an array without copying. @throws ShapeError if the length does not match the shape. */
export function ndarray<D extends DType>(dtype: D, shape: Shape, data: Storage[D]): NdArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(`ndarray: ${formatShape(shape)} holds ${sizeOf(shape)} numbers - got ${data.length}`);
  }
  return { dtype, shape: [...shape], data };
}

/** Storage for `size` elements, all zero. */
export function allocate<D extends DType>(dtype: D, size: number): Storage[D] {
  return new constructors[dtype](size) as Storage[D];
}

/** An array of zeros. */
export function zeros<D extends DType = "float32">(shape: Shape, dtype: D = "float32" as D): NdArray<D> {
  return { dtype, shape: [...shape], data: allocate(dtype, sizeOf(shape)) };
}

/** An array of this shape and type to be overwritten: one that is no longer needed if it fits, otherwise a new one. */
export function reused<D extends DType>(reuse: NdArray<D> | undefined, shape: Shape, dtype: D): NdArray<D> {
  return reuse?.dtype === dtype && equalShapes(reuse.shape, shape) ? reuse : zeros(shape, dtype);
}

/** An array that is computed on first access, so that its size is known before memory is allocated. */
export function deferred(shape: Shape, make: () => NdArray<"float32">): NdArray<"float32"> {
  let data: Float32Array | undefined;
  return {
    dtype: "float32",
    shape: [...shape],
    get data() {
      return (data ??= make().data);
    },
  };
}

/** A float32 array of one value. */
export function full(shape: Shape, value: number): NdArray<"float32"> {
  const out = zeros(shape);
  out.data.fill(value);
  return out;
}

/** A float32 array of shape []. */
export function scalar(value: number): NdArray<"float32"> {
  return ndarray("float32", [], Float32Array.of(value));
}

/** A float32 array from plain numbers, of shape `[n]` unless another is given. */
export function fromNumbers(values: ArrayLike<number>, shape: Shape = [values.length]): NdArray<"float32"> {
  return ndarray("float32", shape, Float32Array.from(values));
}

/** Converts an array of any shape to another element type; a copy unless it already has that type. */
export function castTo<D extends DType>(a: NdArray, dtype: D): NdArray<D> {
  if (a.dtype === dtype) return a as NdArray<D>;
  const data = allocate(dtype, a.data.length);
  for (let i = 0; i < a.data.length; i++) data[i] = a.data[i]!;
  return ndarray(dtype, a.shape, data);
}

/** The array with another shape, sharing memory. @throws ShapeError if the sizes differ. */
export function reshaped<D extends DType>(a: NdArray<D>, shape: Shape): NdArray<D> {
  return ndarray(a.dtype, shape, a.data);
}

/** C-order strides of a shape, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Permutes the axes: axis `i` of the result is axis `order[i]` of `a`. A copy. */
export function permuted<D extends DType>(a: NdArray<D>, order: readonly number[]): NdArray<D> {
  const shape = order.map((axis) => a.shape[axis]!);
  const strides = stridesOf(a.shape);
  return gatherStrided(
    a,
    shape,
    order.map((axis) => strides[axis]!),
    0,
  );
}

/** Copies a strided view of `a` into a new contiguous array of `shape`. Strides are in elements; 0 repeats an axis, negative strides reverse it. */
export function gatherStrided<D extends DType>(
  a: NdArray<D>,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): NdArray<D> {
  const out = zeros(shape, a.dtype);
  const rank = shape.length;
  if (rank === 0 || out.data.length === 0) {
    if (out.data.length > 0) out.data[0] = a.data[offset]!;
    return out;
  }
  const inner = shape[rank - 1]!;
  const innerStride = strides[rank - 1]!;
  const index = new Array<number>(rank).fill(0);
  let from = offset;
  for (let to = 0; to < out.data.length; to += inner) {
    for (let i = 0, at = from; i < inner; i++, at += innerStride) out.data[to + i] = a.data[at]!;
    for (let axis = rank - 2; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** Rows `start` to `stop` along the first axis, [n, ...] to [stop - start, ...], sharing memory. */
export function rows<D extends DType>(a: NdArray<D>, start: number, stop: number): NdArray<D> {
  const width = sizeOf(a.shape.slice(1));
  const data = a.data.subarray(start * width, stop * width) as Storage[D];
  return ndarray(a.dtype, [stop - start, ...a.shape.slice(1)], data);
}

/** Selects rows along the first axis, in the given order: [n, ...] to [indices.length, ...]. A copy. */
export function chosenRows<D extends DType>(a: NdArray<D>, indices: ArrayLike<number>): NdArray<D> {
  const tail = a.shape.slice(1);
  const width = sizeOf(tail);
  const out = zeros([indices.length, ...tail], a.dtype);
  for (let to = 0; to < indices.length; to++) {
    const from = indices[to]! * width;
    out.data.set(a.data.subarray(from, from + width) as never, to * width);
  }
  return out;
}

/** Concatenates arrays [n, ...] along the first axis; a copy. @throws ShapeError if the other extents differ. */
export function joinRows<D extends DType>(parts: readonly NdArray<D>[]): NdArray<D> {
  const first = parts[0];
  if (first === undefined) throw new ShapeError("joinRows: needs at least one array");
  const tail = first.shape.slice(1);
  const count = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const out = zeros([count, ...tail], first.dtype);
  let at = 0;
  for (const part of parts) {
    if (formatShape(part.shape.slice(1)) !== formatShape(tail)) {
      throw new ShapeError(
        `joinRows: rows must have equal shapes - got ${formatShape(tail)} and ${formatShape(part.shape.slice(1))}`,
      );
    }
    out.data.set(part.data as never, at);
    at += part.data.length;
  }
  return out;
}

/** The elements of an array of any shape as float64, in C order, for sums over many of them; shares memory with a float64 array. */
export function toFloat64({ data }: NdArray): Float64Array {
  return data instanceof Float64Array ? data : new Float64Array(data);
}

import { ndarray } from "../../base/ndarray.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import type { Dims } from "../../graph/tensor.ts";
import { type Geometry, forEachTap } from "./geometry.ts";

/**
 * The patches of x as rows: [n, h, w, c] to [n * places, taps * c]. A gather of rows of c numbers; taps outside the
 * image point at one row of zeros after the last. A convolution and the gradient of its kernel ask for the same
 * columns, and the emitter writes them once.
 */
export function columns(emitter: Emitter, x: Value, geo: Geometry): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [places, taps] = [geo.output[0] * geo.output[1], geo.kernel[0] * geo.kernel[1]];
  const flat = emitter.reshape(x, [n, h * w, c]);
  const table = new Int32Array(places * taps).fill(h * w);
  forEachTap(geo, (from, to, tap) => {
    table[to * taps + tap] = from;
  });
  const straight = table.length === h * w && table.every((from, i) => from === i);
  const gathered = straight ? flat : gatherRows(emitter, flat, table);
  return emitter.reshape(gathered, [n * places, taps * c]);
}

/** Up to this many channels, and a quarter of the other side's, a side is narrow: rows of it cost little to gather. */
const narrowest = 8;

/**
 * Whether rows for each tap are better gathered of the narrow side's few channels than of the wide side's many. Not where the
 * result has far fewer places than the image: all of these are multiplied.
 */
export function hasNarrowSide({ kernel, input, output }: Geometry, wide: number, narrow: number): boolean {
  const isFull = input[0] * input[1] <= 2 * output[0] * output[1];
  return narrow <= narrowest && wide >= 4 * narrow && isFull && kernel[0] * kernel[1] > 1;
}

/**
 * Sums of rows of [n, rows, c], so many taps for each place, by their numbers in a table [places * taps]: [n * places, c].
 * A product with ones adds them.
 */
export function sumOfTaps(emitter: Emitter, x: Value, table: Int32Array<ArrayBuffer>, taps: number): Value {
  const [n, , c] = x.shape as [number, number, number];
  const places = n * (table.length / taps);
  const ones = new Float32Array(taps * c * c);
  for (let row = 0; row < taps * c; row++) ones[row * c + (row % c)] = 1;
  const lined = emitter.reshape(gatherRows(emitter, x, table), [places, taps * c]);
  const sum = emitter.constant(ndarray("float32", [taps * c, c], ones));
  return emitter.node("MatMul", [lined, sum], [places, c]);
}

/**
 * A convolution with a narrow result: the product of every place with every tap, then each place of the result gathers its
 * taps, whose sum is a product.
 */
export function convByTap(emitter: Emitter, x: Value, w: Value, geo: Geometry, shape: Dims): Value {
  const [n, h, width, c] = x.shape as [number, number, number, number];
  const o = shape[3] as number;
  const [places, taps] = [geo.output[0] * geo.output[1], geo.kernel[0] * geo.kernel[1]];
  const kernel = permute(emitter, emitter.reshape(w, [taps, c, o]), [1, 0, 2]);
  const rows = emitter.reshape(x, [n * h * width, c]);
  const product = emitter.node("MatMul", [rows, emitter.reshape(kernel, [c, taps * o])], [n * h * width, taps * o]);
  const table = new Int32Array(places * taps).fill(h * width * taps);
  forEachTap(geo, (from, to, tap) => {
    table[to * taps + tap] = from * taps + tap;
  });
  const byTap = emitter.reshape(product, [n, h * width * taps, o]);
  return emitter.reshape(sumOfTaps(emitter, byTap, table, taps), shape);
}

/**
 * For each place of the wide side and each tap the row of g that meets it: [n, h', w', o] to [n * places, taps * o]. The
 * gradient for the wide side asks for the same rows.
 */
export function columnsOfNarrow(emitter: Emitter, g: Value, geo: Geometry): Value {
  const [n, h, width, o] = g.shape as [number, number, number, number];
  const [places, taps] = [geo.input[0] * geo.input[1], geo.kernel[0] * geo.kernel[1]];
  const table = new Int32Array(places * taps).fill(h * width);
  forEachTap(geo, (from, to, tap) => {
    table[from * taps + tap] = to;
  });
  const gathered = gatherRows(emitter, emitter.reshape(g, [n, h * width, o]), table);
  return emitter.reshape(gathered, [n * places, taps * o]);
}

/** Rows of [n, rows, c] by number; the number `rows` stands for a row of zeros. */
export function gatherRows(emitter: Emitter, x: Value, table: Int32Array<ArrayBuffer>): Value {
  const [n, count, c] = x.shape as [number, number, number];
  const outside = table.includes(count);
  const padded = outside ? emitter.node("Concat", [x, emitter.zeros([n, 1, c])], [n, count + 1, c], { axis: 1 }) : x;
  const indices = emitter.constant(ndarray("int32", [table.length], table));
  return emitter.node("Gather", [padded, indices], [n, table.length, c], { axis: 1 });
}

/** Runs a lowering group by group, on each group's channels (the last axis of every part), and joins the results. */
export function byGroup(
  emitter: Emitter,
  geo: Geometry,
  parts: readonly Value[],
  shape: Dims,
  lower: (parts: Value[], geo: Geometry, shape: Dims) => Value,
): Value {
  if (geo.groups === 1) return lower([...parts], geo, shape);
  const one: Geometry = { ...geo, groups: 1 };
  const channels = (shape[3] as number) / geo.groups;
  const results = Array.from({ length: geo.groups }, (_, group) => {
    const cut = parts.map((part) => channelsOf(emitter, part, group, (part.shape[3] as number) / geo.groups));
    return lower(cut, one, [...shape.slice(0, 3), channels]);
  });
  return emitter.node("Concat", results, shape, { axis: 3 });
}

function channelsOf(emitter: Emitter, x: Value, group: number, length: number): Value {
  const bounds = [[group * length], [(group + 1) * length], [3]].map((bound) => emitter.indices(bound));
  return emitter.node("Slice", [x, ...bounds], [...x.shape.slice(0, 3), length]);
}

const toChannelsFirst = [0, 3, 1, 2];
const toChannelsLast = [0, 2, 3, 1];

export function permute(emitter: Emitter, x: Value, perm: readonly number[]): Value {
  return emitter.node(
    "Transpose",
    [x],
    perm.map((axis) => x.shape[axis]!),
    { perm },
  );
}

function onnxAttributes({ kernel, stride, padding, dilation, groups }: Geometry) {
  return {
    kernel_shape: kernel,
    strides: stride,
    pads: padding,
    dilations: dilation,
    group: groups,
  };
}

/** ONNX's own Conv, with the layouts that it wants. */
export function portableConv(emitter: Emitter, x: Value, w: Value, geo: Geometry, shape: Dims): Value {
  const [image, kernel] = [permute(emitter, x, toChannelsFirst), permute(emitter, w, [3, 2, 0, 1])];
  const out = emitter.node(
    "Conv",
    [image, kernel],
    toChannelsFirst.map((axis) => shape[axis]!),
    onnxAttributes(geo),
  );
  return permute(emitter, out, toChannelsLast);
}

/** ONNX's own ConvTranspose. */
export function portableTranspose(emitter: Emitter, g: Value, w: Value, geo: Geometry, shape: Dims): Value {
  const [image, kernel] = [permute(emitter, g, toChannelsFirst), permute(emitter, w, [3, 2, 0, 1])];
  const missing = ([0, 1] as const).map((axis) => {
    const reach = (geo.output[axis] - 1) * geo.stride[axis] + geo.dilation[axis] * (geo.kernel[axis] - 1) + 1;
    return geo.input[axis] - (reach - geo.padding[axis] - geo.padding[axis + 2]!);
  });
  const attributes = { ...onnxAttributes(geo), output_padding: missing };
  const out = emitter.node(
    "ConvTranspose",
    [image, kernel],
    toChannelsFirst.map((axis) => shape[axis]!),
    attributes,
  );
  return permute(emitter, out, toChannelsLast);
}

/**
 * The gradient for the kernel as a convolution of the batch with itself: images and channels change places, stride and
 * dilation too, and what the stride left over is cut off.
 */
export function portableWeightGrad(emitter: Emitter, x: Value, g: Value, geo: Geometry, shape: Dims): Value {
  const [kh, kw, c, o] = shape as [number, number, number, number];
  const per = o / geo.groups;
  const groups = Array.from({ length: geo.groups }, (_, group) => {
    const image = permute(emitter, channelsOf(emitter, x, group, c), [3, 0, 1, 2]);
    const kernel = permute(emitter, channelsOf(emitter, g, group, per), [3, 0, 1, 2]);
    const whole = ([0, 1] as const).map((axis) => {
      const padded = geo.input[axis] + geo.padding[axis] + geo.padding[axis + 2]!;
      const room = padded - geo.stride[axis] * (geo.output[axis] - 1) - 1;
      return Math.floor(room / geo.dilation[axis]) + 1;
    }) as [number, number];
    const out = emitter.node("Conv", [image, kernel], [c, per, ...whole], {
      kernel_shape: geo.output,
      strides: geo.dilation,
      dilations: geo.stride,
      pads: geo.padding,
    });
    const bounds = [
      [0, 0],
      [kh, kw],
      [2, 3],
    ].map((bound) => emitter.indices(bound));
    const exact = emitter.node("Slice", [out, ...bounds], [c, per, kh, kw]);
    return permute(emitter, exact, [2, 3, 0, 1]);
  });
  return groups.length === 1 ? groups[0]! : emitter.node("Concat", groups, shape, { axis: 3 });
}

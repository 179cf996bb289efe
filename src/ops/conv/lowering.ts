import { ndarray } from "../../base/ndarray.ts";
import type { Emitter, Value } from "../../graph/emitter.ts";
import type { Dims } from "../../graph/tensor.ts";
import type { Geometry } from "./geometry.ts";

/** Along one axis: for each position and tap, the position on the other side; null if there is none. */
export type AxisSources = readonly (readonly (number | null)[])[];

/** For each position of the output, the positions of the input. */
export function fromInput(geo: Geometry, axis: 0 | 1): AxisSources {
  return sourcesOf(geo.output[axis], geo, axis, (place, tap) => {
    const at = place * geo.stride[axis] - geo.padding[axis] + tap * geo.dilation[axis];
    return at >= 0 && at < geo.input[axis] ? at : null;
  });
}

/** For each position of the input, the positions of the output. */
export function fromOutput(geo: Geometry, axis: 0 | 1): AxisSources {
  return sourcesOf(geo.input[axis], geo, axis, (place, tap) => {
    const at = (place + geo.padding[axis] - tap * geo.dilation[axis]) / geo.stride[axis];
    return Number.isInteger(at) && at >= 0 && at < geo.output[axis] ? at : null;
  });
}

function sourcesOf(
  places: number,
  { kernel }: Geometry,
  axis: 0 | 1,
  source: (place: number, tap: number) => number | null,
): AxisSources {
  return Array.from({ length: places }, (_, place) =>
    Array.from({ length: kernel[axis] }, (__, tap) => source(place, tap)),
  );
}

/**
 * The largest number of taps that reach any one position, but at least 1: with very wide padding no tap reaches the
 * other side, and the single table then contains only `none`.
 */
export function mostTaps(down: AxisSources, across: AxisSources): number {
  const most = (sources: AxisSources) =>
    sources.reduce((largest, list) => Math.max(largest, list.filter((place) => place !== null).length), 0);
  return Math.max(1, most(down) * most(across));
}

/**
 * Table r holds, for each position of the input or output, the r-th of the rows (position of the other side, tap) that
 * reach it.
 * @param width Width of the other side.
 * @param count Number of tables: `mostTaps`.
 * @param none Entry for a position that fewer rows reach.
 */
export function tapTables(
  down: AxisSources,
  across: AxisSources,
  width: number,
  count: number,
  none: number,
): Int32Array<ArrayBuffer>[] {
  const size = down.length * across.length;
  const tables = Array.from({ length: count }, () => new Int32Array(size).fill(none));
  const columns = across[0]!.length;
  const taps = down[0]!.length * columns;
  let place = 0;
  for (const rows of down) {
    for (const cols of across) {
      let round = 0;
      for (const [ty, row] of rows.entries()) {
        if (row === null) continue;
        for (let tx = 0; tx < columns; tx++) {
          const col = cols[tx]!;
          if (col !== null) tables[round++]![place] = (row * width + col) * taps + ty * columns + tx;
        }
      }
      place++;
    }
  }
  return tables;
}

/** The patches of x under a kernel. A convolution and the gradient of its kernel share them. */
export function columns(emitter: Emitter, x: Value, geo: Geometry): Value {
  return patches(emitter, x, fromInput(geo, 0), fromInput(geo, 1));
}

/** For each position of the input, the rows of g that reach it, shared with the gradient for the input. */
export function columnsOfGradient(emitter: Emitter, g: Value, geo: Geometry): Value {
  return patches(emitter, g, fromOutput(geo, 0), fromOutput(geo, 1));
}

/**
 * The output counts as having few channels if it has at most this many, and at most a quarter as many as the input:
 * gathering its rows is then cheap.
 */
const maxFewChannels = 8;
/** Minimum kernel width for which patches are gathered in two steps: the taps of each line, then the lines. */
const wideKernel = 5;

/**
 * For each position, its taps in x as a row: [n, h, w, c] to [n * places, taps * c]. Gathers rows of c numbers; taps outside
 * the image refer to a row of zeros after the last.
 */
export function patches(emitter: Emitter, x: Value, down: AxisSources, across: AxisSources): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [places, taps] = [down.length * across.length, down[0]!.length * across[0]!.length];
  if (across[0]!.length >= wideKernel && c <= maxFewChannels) {
    const lines = linePatches(emitter, x, across);
    const gathered = gatherRows(emitter, lines, lineTable(down, across.length, h));
    return emitter.reshape(gathered, [n * places, taps * c]);
  }
  const flat = emitter.reshape(x, [n, h * w, c]);
  const table = patchTable(down, across, w, h * w);
  const straight = table.length === h * w && table.every((from, i) => from === i);
  const gathered = straight ? flat : gatherRows(emitter, flat, table);
  return emitter.reshape(gathered, [n * places, taps * c]);
}

/** For each position and tap, the index of the input position, in lines of `w`; `outside` if there is none. */
function patchTable(down: AxisSources, across: AxisSources, w: number, outside: number): Int32Array<ArrayBuffer> {
  const table: number[] = [];
  for (const rows of down) {
    for (const cols of across) {
      for (const row of rows) {
        for (const col of cols) table.push(row === null || col === null ? outside : row * w + col);
      }
    }
  }
  return Int32Array.from(table);
}

/** For every line of x [n, h, w, c], the taps of each position along it: [n, h * places, taps * c]. */
function linePatches(emitter: Emitter, x: Value, across: AxisSources): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const inPlace = Array.from({ length: h }, (_, row) => [row]);
  const table = patchTable(inPlace, across, w, h * w);
  const gathered = gatherRows(emitter, emitter.reshape(x, [n, h * w, c]), table);
  return emitter.reshape(gathered, [n, h * across.length, across[0]!.length * c]);
}

/** For each position and vertical tap, the index of the position in the line; `h * width` if there is none. */
function lineTable(down: AxisSources, width: number, h: number): Int32Array<ArrayBuffer> {
  const inPlace = Array.from({ length: width }, (_, col) => [col]);
  return patchTable(down, inPlace, width, h * width);
}

/**
 * Whether it is cheaper to gather rows of the output's few channels than of the input's many. False if the output has far
 * fewer positions than the input, because all positions of the input would be multiplied.
 */
export function hasFewOutputs({ kernel, input, output }: Geometry, inputs: number, outputs: number): boolean {
  const isFull = input[0] * input[1] <= 2 * output[0] * output[1];
  return outputs <= maxFewChannels && inputs >= 4 * outputs && isFull && kernel[0] * kernel[1] > 1;
}

/** Copying this many numbers takes as long as locating a row. */
const rowWorth = 8;

/**
 * A convolution with few output channels: x [n, h, w, c] with kernel [kh, kw, c, o]; `down` and `across` give the position
 * of x that each tap reads.
 */
export function convToFewChannels(
  emitter: Emitter,
  x: Value,
  kernel: Value,
  down: AxisSources,
  across: AxisSources,
  shape: Dims,
): Value {
  const [kh, kw, c] = kernel.shape as [number, number, number];
  const isByLine = kw * (1 + c / rowWorth) + kh < kh * kw;
  return (isByLine ? byLine : byTap)(emitter, x, kernel, down, across, shape);
}

/**
 * The product of every position of x with every tap; then each position of the result gathers its taps and sums them by a
 * product.
 */
function byTap(emitter: Emitter, x: Value, kernel: Value, down: AxisSources, across: AxisSources, shape: Dims): Value {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [kh, kw, , o] = kernel.shape as [number, number, number, number];
  const taps = kh * kw;
  const flat = emitter.reshape(permute(emitter, kernel, [2, 0, 1, 3]), [c, taps * o]);
  const product = emitter.node("MatMul", [emitter.reshape(x, [n * h * w, c]), flat], [n * h * w, taps * o]);
  const table = patchTable(down, across, w, h * w).map((place, i) =>
    place === h * w ? place * taps : place * taps + (i % taps),
  );
  return emitter.reshape(sumOfTaps(emitter, emitter.reshape(product, [n, h * w * taps, o]), table, taps), shape);
}

/** The taps of each line of x times their part of the kernel; then each position gathers its lines and sums them by a product. */
function byLine(emitter: Emitter, x: Value, kernel: Value, down: AxisSources, across: AxisSources, shape: Dims): Value {
  const [n, h] = x.shape as [number, number];
  const [kh, kw, c, o] = kernel.shape as [number, number, number, number];
  const width = across.length;
  const lines = emitter.reshape(linePatches(emitter, x, across), [n * h * width, kw * c]);
  const flat = emitter.reshape(permute(emitter, kernel, [1, 2, 0, 3]), [kw * c, kh * o]);
  const product = emitter.node("MatMul", [lines, flat], [n * h * width, kh * o]);
  const table = lineTable(down, width, h).map((place, i) => (place === h * width ? place * kh : place * kh + (i % kh)));
  return emitter.reshape(sumOfTaps(emitter, emitter.reshape(product, [n, h * width * kh, o]), table, kh), shape);
}

/**
 * Sums of rows of [n, rows, c], a fixed number of taps for each position, by their indices in a table [places * taps]:
 * [n * places, c]. A product with ones adds them.
 */
function sumOfTaps(emitter: Emitter, x: Value, table: Int32Array<ArrayBuffer>, taps: number): Value {
  const [n, , c] = x.shape as [number, number, number];
  const places = n * (table.length / taps);
  const ones = new Float32Array(taps * c * c);
  for (let row = 0; row < taps * c; row++) ones[row * c + (row % c)] = 1;
  const lined = emitter.reshape(gatherRows(emitter, x, table), [places, taps * c]);
  const sum = emitter.constant(ndarray("float32", [taps * c, c], ones));
  return emitter.node("MatMul", [lined, sum], [places, c]);
}

/** Rows of [n, rows, c] by index; index `rows` stands for a row of zeros. */
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

/** ONNX's own Conv, with conversions to its layouts. */
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
 * The gradient with respect to the kernel as a convolution in which batch and channels are swapped, as are stride and dilation;
 * positions left over by the stride are cut off.
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

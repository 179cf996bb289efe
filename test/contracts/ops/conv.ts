import { apply, input } from "../../../src/graph/tensor.ts";
import { type ConvOptions, geometry } from "../../../src/ops/conv/geometry.ts";
import * as ops from "../../../src/ops/index.ts";
import { type Contract, type OpCase, contract, reals } from "./case.ts";

/** One geometry: images [n, h, w, c] and a kernel [kh, kw, c / groups, o]. */
export interface Layout {
  readonly n: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly c: number;
  readonly o: number;
  readonly options?: ConvOptions;
}

const layouts: Readonly<Record<string, Layout>> = {
  "3x3": { n: 2, size: [4, 5], kernel: [3, 3], c: 2, o: 3 },
  "3x3, same size": { n: 2, size: [4, 3], kernel: [3, 3], c: 2, o: 2, options: { padding: 1 } },
  "4x4, stride 2, padding 1": {
    n: 2,
    size: [6, 4],
    kernel: [4, 4],
    c: 2,
    o: 2,
    options: { stride: 2, padding: 1 },
  },
  "4x4, stride 2, padding 1, many channels": {
    n: 1,
    size: [4, 4],
    kernel: [4, 4],
    c: 10,
    o: 3,
    options: { stride: 2, padding: 1 },
  },
  "5x5, stride 2, padding 2, many channels, a rest": {
    n: 1,
    size: [5, 6],
    kernel: [5, 5],
    c: 9,
    o: 2,
    options: { stride: 2, padding: 2 },
  },
  "1x1": { n: 2, size: [3, 2], kernel: [1, 1], c: 3, o: 2 },
  "1x1, stride 2": { n: 2, size: [4, 3], kernel: [1, 1], c: 2, o: 2, options: { stride: 2 } },
  "1x1, stride 3, many channels": { n: 1, size: [5, 7], kernel: [1, 1], c: 9, o: 2, options: { stride: 3 } },
  "2x2, stride 3": { n: 1, size: [6, 7], kernel: [2, 2], c: 2, o: 2, options: { stride: 3 } },
  "2x2, stride 3, one output, as high as the kernel": {
    n: 2,
    size: [2, 3],
    kernel: [2, 2],
    c: 3,
    o: 2,
    options: { stride: 3 },
  },
  "2x2, stride 3, one output, larger than the kernel": {
    n: 2,
    size: [3, 4],
    kernel: [2, 2],
    c: 3,
    o: 2,
    options: { stride: 3 },
  },
  "3x3, stride 3, many channels": {
    n: 1,
    size: [7, 5],
    kernel: [3, 3],
    c: 9,
    o: 2,
    options: { stride: 3, padding: 1 },
  },
  "a stride for each axis": {
    n: 1,
    size: [5, 6],
    kernel: [3, 2],
    c: 2,
    o: 2,
    options: { stride: [1, 3], padding: [1, 0] },
  },
  "four paddings": {
    n: 2,
    size: [3, 4],
    kernel: [3, 2],
    c: 2,
    o: 2,
    options: { stride: 2, padding: [2, 0, 1, 3] },
  },
  "four paddings, many channels": {
    n: 1,
    size: [3, 4],
    kernel: [3, 2],
    c: 9,
    o: 2,
    options: { stride: 2, padding: [0, 1, 2, 0] },
  },
  "padding beyond the kernel": { n: 1, size: [2, 2], kernel: [2, 2], c: 2, o: 2, options: { padding: 3 } },
  "rows that no tap reaches": { n: 1, size: [8, 6], kernel: [2, 2], c: 9, o: 2, options: { stride: [4, 3] } },
  dilation: { n: 2, size: [5, 6], kernel: [2, 3], c: 2, o: 2, options: { dilation: 2, padding: 1 } },
  "dilation and stride": {
    n: 1,
    size: [7, 8],
    kernel: [3, 2],
    c: 2,
    o: 2,
    options: { dilation: [2, 3], stride: 2, padding: [2, 1] },
  },
  "dilation and stride, many channels": {
    n: 1,
    size: [6, 7],
    kernel: [3, 2],
    c: 9,
    o: 1,
    options: { dilation: [2, 3], stride: [2, 3], padding: 1 },
  },
  "two groups": { n: 2, size: [4, 3], kernel: [3, 2], c: 4, o: 6, options: { groups: 2, padding: 1 } },
  "a group for each channel, stride 2": {
    n: 2,
    size: [4, 5],
    kernel: [3, 3],
    c: 3,
    o: 6,
    options: { groups: 3, stride: 2, padding: 1 },
  },
  "two groups of many channels": {
    n: 1,
    size: [4, 4],
    kernel: [2, 2],
    c: 18,
    o: 2,
    options: { groups: 2, stride: 2 },
  },
  "a kernel as large as the image": { n: 2, size: [3, 4], kernel: [3, 4], c: 2, o: 3 },
  "a kernel as large as the image, stride 2": {
    n: 2,
    size: [3, 3],
    kernel: [3, 3],
    c: 2,
    o: 3,
    options: { stride: 2 },
  },
  "a kernel as large as the padded image": {
    n: 1,
    size: [2, 3],
    kernel: [4, 5],
    c: 2,
    o: 2,
    options: { padding: 1 },
  },
  "a kernel larger than the image": { n: 1, size: [2, 2], kernel: [5, 5], c: 2, o: 2, options: { padding: 2 } },
  "a picture of one pixel": { n: 2, size: [1, 1], kernel: [1, 1], c: 2, o: 3 },
  "many taps, few channels": { n: 1, size: [8, 8], kernel: [7, 7], c: 1, o: 2, options: { padding: 3 } },
  "many taps, few output channels": {
    n: 2,
    size: [5, 6],
    kernel: [3, 5],
    c: 8,
    o: 2,
    options: { padding: [1, 2] },
  },
  "many taps apart, few channels": {
    n: 2,
    size: [6, 7],
    kernel: [2, 5],
    c: 2,
    o: 8,
    options: { padding: [1, 3, 0, 2], dilation: [2, 2] },
  },
  "many taps, few channels, stride 2": {
    n: 2,
    size: [5, 8],
    kernel: [4, 6],
    c: 2,
    o: 3,
    options: { padding: [1, 2], stride: 2 },
  },
  "many output channels": { n: 1, size: [4, 4], kernel: [3, 3], c: 4, o: 20, options: { padding: 1 } },
};

function outputOf({ size, kernel, options = {} }: Layout): readonly [number, number] {
  return geometry(size, kernel, options, "conv").output;
}

function kernelShape({ kernel, c, o, options = {} }: Layout): [number, number, number, number] {
  return [...kernel, c / (options.groups ?? 1), o];
}

function cases(of: (layout: Layout) => Pick<OpCase, "feeds" | "build" | "shape"> & Partial<OpCase>): OpCase[] {
  return Object.entries(layouts).map(([name, layout]): OpCase => ({ name, ...of(layout) }));
}

/** What is missing at the far side after undoing a convolution of a size that the stride does not divide. */
function outputPadding(layout: Layout): [number, number] {
  const { size, kernel, options = {} } = layout;
  const { output, stride, padding, dilation } = geometry(size, kernel, options, "conv");
  return ([0, 1] as const).map(
    (axis) =>
      size[axis] +
      padding[axis] +
      padding[axis + 2]! -
      ((output[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1),
  ) as [number, number];
}

const image = input("x", [2, 4, 4, 3]);

export const conv: readonly Contract[] = [
  contract(ops.convOp, {
    functions: ["conv2d"],
    cases: cases((layout) => {
      const { n, size, c, o, options } = layout;
      return {
        feeds: { x: reals(n, ...size, c), w: reals(...kernelShape(layout)) },
        build: ({ x, w }) => ops.conv2d(x!, w!, options),
        shape: [n, ...outputOf(layout), o],
      };
    }),
    refuses: [
      {
        name: "channels that differ",
        build: () => ops.conv2d(image, input("w", [3, 3, 4, 8])),
        says: ["conv2d: 3 channels in 1 group(s)", "[3, 3, 4, 8]", "[2, 4, 4, 3]"],
      },
      {
        name: "groups that do not divide",
        build: () => ops.conv2d(image, input("w", [3, 3, 1, 8]), { groups: 3 }),
        says: ["conv2d", "multiple of 3", "[3, 3, 1, 8]"],
      },
      {
        name: "groups of a broken number of channels",
        build: () => ops.conv2d(image, input("w", [3, 3, 1.5, 8]), { groups: 2 }),
        says: ["conv2d: 2 groups must divide the channels", "got 3"],
      },
      {
        name: "no groups",
        build: () => ops.conv2d(image, input("w", [3, 3, 3, 8]), { groups: 0 }),
        says: ["conv2d: groups must be whole numbers of at least 1", "[0]"],
      },
      {
        name: "a kernel that does not fit",
        build: () => ops.conv2d(image, input("w", [5, 5, 3, 8])),
        says: ["conv2d: kernel [5, 5] must fit in the padded input [4, 4]"],
      },
      { name: "a kernel of two axes", build: () => ops.conv2d(image, input("w", [3, 3])), says: ["conv2d", "[3, 3]"] },
      {
        name: "no images",
        build: () => ops.conv2d(input("x", [2, 4, 4]), input("w", [3, 3, 4, 8])),
        says: ["conv2d: needs images [n, h, w, c]", "[2, 4, 4]"],
      },
      {
        name: "images of unknown size",
        build: () => ops.conv2d(input("x", [2, "h", 4, 3]), input("w", [3, 3, 3, 8])),
        says: ["conv2d: needs images [n, h, w, c]", "[2, h, 4, 3]"],
      },
      {
        name: "whole numbers",
        build: () => ops.conv2d(input("x", [2, 4, 4, 3], "int32"), input("w", [3, 3, 3, 8])),
        says: ["conv2d: needs float32", "int32"],
      },
      {
        name: "no stride",
        build: () => ops.conv2d(image, input("w", [3, 3, 3, 8]), { stride: 0 }),
        says: ["conv2d", "stride", "[0, 0]"],
      },
      {
        name: "padding below 0",
        build: () => ops.conv2d(image, input("w", [3, 3, 3, 8]), { padding: -1 }),
        says: ["conv2d", "padding", "[-1, -1, -1, -1]"],
      },
    ],
  }),
  contract(ops.convTransposeOp, {
    functions: ["convTranspose2d"],
    cases: cases((layout) => {
      const { n, size, c, o, options } = layout;
      return {
        feeds: { x: reals(n, ...outputOf(layout), o), w: reals(...kernelShape(layout)) },
        build: ({ x, w }) => ops.convTranspose2d(x!, w!, { ...options, outputPadding: outputPadding(layout) }),
        shape: [n, ...size, c],
      };
    }),
    refuses: [
      {
        name: "channels that differ",
        build: () => ops.convTranspose2d(image, input("w", [3, 3, 8, 4])),
        says: ["convTranspose2d", "must take 3 channels", "[3, 3, 8, 4]", "[2, 4, 4, 3]"],
      },
      {
        name: "groups that do not divide",
        build: () => ops.convTranspose2d(image, input("w", [3, 3, 8, 3]), { groups: 2 }),
        says: ["convTranspose2d", "multiple of 2", "[3, 3, 8, 3]"],
      },
      {
        name: "padding that leaves nothing",
        build: () => ops.convTranspose2d(input("x", [1, 1, 1, 3]), input("w", [2, 2, 8, 3]), { padding: 1 }),
        says: ["convTranspose2d: padding leaves no output", "[0, 0]"],
      },
      {
        name: "output padding of a stride",
        build: () => ops.convTranspose2d(image, input("w", [3, 3, 8, 3]), { stride: 2, outputPadding: 2 }),
        says: ["convTranspose2d: outputPadding must be smaller than the stride", "[2, 2]"],
      },
      {
        name: "no images",
        build: () => ops.convTranspose2d(input("x", [2, 4]), input("w", [3, 3, 8, 4])),
        says: ["convTranspose2d: needs images [n, h, w, c]", "[2, 4]"],
      },
      {
        name: "whole numbers",
        build: () => ops.convTranspose2d(input("x", [2, 4, 4, 3], "int32"), input("w", [3, 3, 8, 3])),
        says: ["convTranspose2d: needs float32", "int32"],
      },
    ],
  }),
  contract(ops.convWeightGradOp, {
    functions: [],
    cases: cases((layout) => {
      const { n, size, kernel, c, o, options = {} } = layout;
      return {
        feeds: { x: reals(n, ...size, c), g: reals(n, ...outputOf(layout), o) },
        build: ({ x, g }) => apply(ops.convWeightGradOp, [x!, g!], geometry(size, kernel, options, "conv")),
        symbolic: ["x", "g"],
        shape: kernelShape(layout),
      };
    }),
    refuses: [
      {
        name: "images of another size than the geometry's",
        build: () =>
          apply(ops.convWeightGradOp, [image, input("g", [2, 2, 2, 8])], geometry([5, 4], [3, 3], {}, "conv")),
        says: ["convWeightGrad", "[2, 4, 4, 3]", "[2, 2, 2, 8]"],
      },
      {
        name: "gradients of another size than the geometry's",
        build: () =>
          apply(ops.convWeightGradOp, [image, input("g", [2, 3, 2, 8])], geometry([4, 4], [3, 3], {}, "conv")),
        says: ["convWeightGrad", "[2, 4, 4, 3]", "[2, 3, 2, 8]"],
      },
      {
        name: "batches of two lengths",
        build: () =>
          apply(ops.convWeightGradOp, [image, input("g", [3, 2, 2, 8])], geometry([4, 4], [3, 3], {}, "conv")),
        says: ["convWeightGrad", "[2, 4, 4, 3]", "[3, 2, 2, 8]"],
      },
    ],
  }),
  contract(null, {
    functions: ["resizeNearest"],
    cases: [
      {
        name: "larger",
        feeds: { x: reals(2, 2, 3, 2) },
        build: ({ x }) => ops.resizeNearest(x!, [4, 9]),
        shape: [2, 4, 9, 2],
      },
      {
        name: "by broken factors",
        feeds: { x: reals(2, 3, 4, 2) },
        build: ({ x }) => ops.resizeNearest(x!, [5, 3]),
        shape: [2, 5, 3, 2],
      },
      {
        name: "one axis",
        feeds: { x: reals(2, 3, 4, 2) },
        build: ({ x }) => ops.resizeNearest(x!, [3, 8]),
        shape: [2, 3, 8, 2],
      },
    ],
    refuses: [
      {
        name: "no images",
        build: () => ops.resizeNearest(input("x", [2, 4]), [2, 2]),
        says: ["resizeNearest: needs images [n, h, w, c]", "[2, 4]"],
      },
      { name: "an empty picture", build: () => ops.resizeNearest(image, [0, 2]), says: ["resizeNearest", "[0, 2]"] },
    ],
  }),
  contract(null, {
    functions: ["resizeAverage"],
    cases: [
      {
        name: "halves",
        feeds: { x: reals(2, 4, 4, 2) },
        build: ({ x }) => ops.resizeAverage(x!, [2, 2]),
        shape: [2, 2, 2, 2],
      },
      {
        name: "a third and a half",
        feeds: { x: reals(2, 6, 4, 1) },
        build: ({ x }) => ops.resizeAverage(x!, [2, 2]),
        shape: [2, 2, 2, 1],
      },
      {
        name: "to one pixel",
        feeds: { x: reals(2, 3, 4, 2) },
        build: ({ x }) => ops.resizeAverage(x!, [1, 1]),
        shape: [2, 1, 1, 2],
      },
      {
        name: "its own size",
        feeds: { x: reals(2, 3, 4, 2) },
        build: ({ x }) => ops.resizeAverage(x!, [3, 4]),
        shape: [2, 3, 4, 2],
      },
    ],
    refuses: [
      {
        name: "no whole factor",
        build: () => ops.resizeAverage(image, [3, 4]),
        says: ["resizeAverage: [4, 4] must be a multiple", "[3, 4]"],
      },
      { name: "larger", build: () => ops.resizeAverage(image, [8, 8]), says: ["resizeAverage: [4, 4]", "[8, 8]"] },
    ],
  }),
];

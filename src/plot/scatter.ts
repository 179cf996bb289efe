import type { NdArray } from "../base/ndarray.ts";
import { Canvas, type Colour, blend, covered, digitsSize } from "./canvas.ts";
import { niceTicks, tickLabels } from "./numerals.ts";

/** The part of the plane that a picture shows. */
export interface Frame {
  readonly x: Range;
  readonly y: Range;
}

export type Range = readonly [from: number, to: number];

/** A scalar field over a frame. */
export interface Field {
  /** [side, side], from the frame's upper left corner to its lower right one, both included. */
  readonly values: NdArray;
  /** The value of the contour line. */
  readonly boundary: number;
  /** Distance from the boundary at which the colour reaches about three quarters of its depth. */
  readonly scale: number;
}

/** Contents of one panel, from the bottom layer up. */
export interface Panel {
  readonly field?: Field | null;
  /** [n, 2], drawn as rings. */
  readonly real?: NdArray;
  /** [n, 2], drawn as dots. */
  readonly generated?: NdArray;
}

const paper: Colour = [255, 255, 255];
const ink: Colour = [86, 96, 107];
const realInk: Colour = [27, 31, 36];
const generatedInk: Colour = [213, 94, 0];
/** Below the boundary, on it, and above: increasingly dark, so that the sides differ without hue. */
const fieldInks: readonly [Colour, Colour, Colour] = [
  [255, 249, 238],
  [222, 231, 238],
  [112, 163, 205],
];
/** Bands of colour on either side of the boundary. */
const perSide = 5;
const bands = Array.from({ length: 2 * perSide }, (_, band): Colour => {
  const share = (band + 0.5) / perSide - 1;
  const [below, middle, above] = fieldInks;
  return blend(middle, share < 0 ? below : above, Math.abs(share));
});

const plotSide = 412;
/** Points beyond the frame are drawn in a strip around it, where they leave it. */
const strip = 8;
const margin = { left: 52, right: 16, top: 16, bottom: 28 } as const;
const panelWidth = margin.left + plotSide + margin.right;
const panelHeight = margin.top + plotSide + margin.bottom;

/** Panels side by side: [h, w, 3]. Positions and colours mean the same in every picture of one frame. */
export function scatterPicture(frame: Frame, panels: readonly Panel[]): NdArray<"uint8"> {
  const canvas = new Canvas(panelHeight, panelWidth * panels.length, paper);
  panels.forEach((panel, i) => drawPanel(canvas, i * panelWidth + margin.left, frame, panel));
  return canvas.image;
}

function drawPanel(canvas: Canvas, left: number, frame: Frame, { field, real, generated }: Panel): void {
  if (field) drawField(canvas, left, field);
  drawAxes(canvas, left, frame);
  const places = (points: NdArray | undefined) => (points === undefined ? [] : placesOf(points, frame, left));
  for (const [x, y] of places(real)) canvas.ring(x, y, 3.5, realInk, 0.5);
  // A light edge under all dots separates them from the rings and the field, but not from each other.
  for (const [x, y] of places(generated)) canvas.dot(x, y, 3, paper, 0.6);
  for (const [x, y] of places(generated)) canvas.dot(x, y, 2, generatedInk, 0.8);
}

/** Positions of points on the canvas; those beyond the frame are moved to the strip around it. */
function placesOf(points: NdArray, frame: Frame, left: number): [x: number, y: number][] {
  const inside = (share: number) => Math.min(plotSide + strip / 2, Math.max(-strip / 2, share * plotSide));
  return Array.from({ length: points.shape[0]! }, (_, i) => [
    left + inside(along(frame.x, points.data[2 * i]!)),
    margin.top + inside(1 - along(frame.y, points.data[2 * i + 1]!)),
  ]);
}

function along([from, to]: Range, value: number): number {
  return (value - from) / (to - from);
}

function drawAxes(canvas: Canvas, left: number, { x, y }: Frame): void {
  const [right, bottom] = [left + plotSide, margin.top + plotSide];
  for (const row of [margin.top - 1, bottom]) canvas.box(left - 1, row, plotSide + 2, 1, ink);
  for (const column of [left - 1, right]) canvas.box(column, margin.top - 1, 1, plotSide + 2, ink);
  for (const [label, share] of ticksOf(x)) {
    const { width } = digitsSize(label);
    const at = Math.round(left + share * plotSide);
    canvas.box(at, bottom + strip, 1, 4, ink);
    canvas.digits(label, Math.round(at - width / 2), bottom + strip + 6, ink);
  }
  for (const [label, share] of ticksOf(y)) {
    const { width, height } = digitsSize(label);
    const at = Math.round(bottom - share * plotSide);
    canvas.box(left - strip - 4, at, 4, 1, ink);
    canvas.digits(label, left - strip - 7 - width, Math.round(at - height / 2), ink);
  }
}

function ticksOf(range: Range): [label: string, share: number][] {
  const ticks = niceTicks(...range, 6);
  return tickLabels(ticks).map((label, i) => [label, along(range, ticks[i]!)]);
}

/** Colours in bands by value, interpolated between the grid points, and the boundary as a line. */
function drawField(canvas: Canvas, left: number, { values, boundary, scale }: Field): void {
  const cells = values.shape[0]! - 1;
  const perPixel = cells / plotSide;
  for (let row = 0; row < plotSide; row++) {
    for (let column = 0; column < plotSide; column++) {
      const [x, y] = [(column + 0.5) * perPixel, (row + 0.5) * perPixel];
      const [i, j] = [Math.floor(y), Math.floor(x)];
      const at = (down: number, across: number) => values.data[(i + down) * (cells + 1) + j + across]!;
      const upper = at(0, 0) + (x - j) * (at(0, 1) - at(0, 0));
      const lower = at(1, 0) + (x - j) * (at(1, 1) - at(1, 0));
      const distance = upper + (y - i) * (lower - upper) - boundary;
      const slope = Math.hypot(lower - upper, (at(0, 1) - at(0, 0) + at(1, 1) - at(1, 0)) / 2) * perPixel;
      canvas.mix(left + column, margin.top + row, bandOf(Math.tanh(distance / scale)), 1);
      if (slope > 0) canvas.mix(left + column, margin.top + row, ink, covered(0.75 - Math.abs(distance) / slope));
    }
  }
}

function bandOf(share: number): Colour {
  return bands[Math.floor((share + 1) * perSide)] ?? bands.at(-1)!;
}

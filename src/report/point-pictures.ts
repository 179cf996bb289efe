import { addValues, emptyMean, monteCarlo, varianceOf } from "../numeric/monte-carlo.ts";
import { ShapeError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, reshaped, zeros } from "../base/ndarray.ts";
import type { Store } from "../base/store.ts";
import { decodeNpy, encodeNpy } from "../codec/npy.ts";
import { type Dataset, subsampleIndices, readExact } from "../data/index.ts";
import type { Discriminator, Model } from "../models/index.ts";
import { packsWith } from "../step/packs.ts";
import { type Field, type Frame, type Range, scatterPicture } from "../plot/scatter.ts";
import type { TrainedModel } from "../trained/trained.ts";

/** Number of real and of generated points in a picture. */
export const shownPoints = 1000;

/** The real points of a run's pictures, [n, d], stored with it so that pictures can be drawn without the data. */
const realsFile = "samples/reals.npy";

/** Stores points of the data [n, d] for pictures in the run, the same ones in every run, and returns them. */
export async function keepReals(store: Store, data: Dataset): Promise<NdArray> {
  const reals = await readExact(data, subsampleIndices(data, shownPoints));
  await store.write(realsFile, encodeNpy(reals));
  return reals;
}

/** The stored points [n, d]. @throws RunError when the run has none. */
export async function readReals(store: Store): Promise<NdArray> {
  return decodeNpy(await store.read(realsFile), realsFile);
}

/** Real points [n, d] alone, in the layout of the pictures below. */
export function realsPicture(reals: NdArray): NdArray<"uint8"> {
  return scatterPicture(frameOf(reals), [{ real: planeOf(reals) }]);
}

/** Generated points [n, d] over real ones [m, d], on a map of the discriminator's scores. */
export async function samplesPicture(trained: TrainedModel, reals: NdArray, generated: NdArray) {
  const frame = frameOf(reals);
  const field = await fieldOf(trained, frame, reals, generated);
  return scatterPicture(frame, [{ field, real: planeOf(reals), generated: planeOf(generated) }]);
}

/** Real points [m, d] next to generated ones [n, d], these on a map of the discriminator's scores. */
export async function sideBySidePicture(trained: TrainedModel, reals: NdArray, generated: NdArray) {
  const frame = frameOf(reals);
  const field = await fieldOf(trained, frame, reals, generated);
  return scatterPicture(frame, [{ real: planeOf(reals) }, { field, generated: planeOf(generated) }]);
}

/** Items [n, d] as rings and their results [n, d] as dots. */
export function overlayPicture(items: NdArray, results: NdArray): NdArray<"uint8"> {
  return scatterPicture(frameOf(items), [{ real: planeOf(items), generated: planeOf(results) }]);
}

/** Generated points [n, d] alone. */
export function drawnPicture(generated: NdArray): NdArray<"uint8"> {
  return scatterPicture(frameOf(generated), [{ generated: planeOf(generated) }]);
}

/**
 * The first two coordinates, [n, 2]; for one-dimensional points, the coordinate and the index from 0 to 1.
 * @throws ShapeError for items that are not points.
 */
export function planeOf(points: NdArray): NdArray<"float64"> {
  const [n, d] = points.shape as [number, number];
  if (points.shape.length !== 2) {
    throw new ShapeError(`planeOf: points must be [n, d] - got ${formatShape(points.shape)}`);
  }
  const out = zeros([n, 2], "float64");
  for (let i = 0; i < n; i++) {
    out.data[2 * i] = points.data[i * d]!;
    out.data[2 * i + 1] = d > 1 ? points.data[i * d + 1]! : (i + 0.5) / n;
  }
  return out;
}

/** Margin around the points, as a share of their span. */
const room = 0.2;
/** Axes whose spans differ by less than this factor share one scale. */
const comparable = 2.5;

/** The part of the plane that contains real points [n, d], with a margin. */
export function frameOf(points: NdArray): Frame {
  const { data } = planeOf(points);
  const [x, y] = [0, 1].map((axis) => data.filter((_, i) => i % 2 === axis)).map(extremes) as [Range, Range];
  const [wide, tall] = [x[1] - x[0], y[1] - y[0]];
  const largest = Math.max(wide, tall);
  const together = points.shape[1]! > 1 && largest <= comparable * Math.min(wide, tall);
  return { x: widened(x, together ? largest : wide), y: widened(y, together ? largest : tall) };
}

function extremes(values: Float64Array): Range {
  return values.reduce<Range>(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
}

/** A range with a margin around the same centre; around a single value, one of its magnitude. */
function widened([from, to]: Range, span: number): Range {
  const [middle, half] = [(from + to) / 2, (0.5 + room) * (span || Math.abs(from) || 1)];
  return [middle - half, middle + half];
}

/** Grid points along either axis of a frame at which the discriminator is evaluated. */
const fieldSide = 81;

/** Number of random completions of a pack by real points; the score of a position is the mean over them. */
const companies = 16;

/** Null without a discriminator, or if a position of the plane is not an item. */
async function fieldOf(trained: TrainedModel, frame: Frame, reals: NdArray, generated: NdArray): Promise<Field | null> {
  const { discriminator } = trained.model;
  const d = reals.shape[1]!;
  if (discriminator === undefined || d > 2) return null;
  const { boundary } = discriminator;
  const scores = (items: NdArray) => scoresBeside(trained, discriminator, items, reals);
  const values = reshaped(await scores(placesOf(frame, d)), [fieldSide, fieldSide]);
  if (boundary !== null) return { values, boundary: boundary.score, scale: boundary.margin };
  // For a critic, only differences of scores have a meaning: the midpoint of its mean scores serves as its boundary.
  const [real, fake] = await Promise.all(
    [reals, generated].map(async (items) => monteCarlo((await scores(items)).data).mean),
  );
  return {
    values,
    boundary: (real! + fake!) / 2,
    scale: Math.sqrt(varianceOf(addValues(emptyMean, values.data))) || 1,
  };
}

/** Score of each item; with packing, the mean over packs of the item and real points. */
async function scoresBeside(
  trained: TrainedModel,
  { map, input, output, packing = 1 }: Discriminator,
  items: NdArray,
  reals: NdArray,
): Promise<NdArray> {
  const scoresOf = async (seen: NdArray) => (await trained.map(map, { [input]: seen }))[output]!;
  if (packing === 1) return scoresOf(items);
  const out = zeros([items.shape[0]!, 1]);
  for (let company = 0; company < companies; company++) {
    const { data } = await scoresOf(packsWith(items, reals, company * (packing - 1), packing));
    for (let i = 0; i < out.data.length; i++) out.data[i]! += data[i]! / companies;
  }
  return out;
}

/** Items [side * side, d] at all grid points of a frame, row by row from the top. */
function placesOf({ x, y }: Frame, d: number): NdArray<"float64"> {
  const out = zeros([fieldSide ** 2, d], "float64");
  const at = ([from, to]: Range, i: number) => from + ((to - from) * i) / (fieldSide - 1);
  for (let i = 0; i < fieldSide ** 2; i++) {
    const place = [at(x, i % fieldSide), at(y, fieldSide - 1 - Math.floor(i / fieldSide))];
    out.data.set(place.slice(0, d), d * i);
  }
  return out;
}

/** Caption for pictures of points. */
export function pointsCaption({ discriminator }: Model, [d]: Shape): string {
  const plane =
    d === 2
      ? []
      : [
          d === 1
            ? "The vertical axis is the index of the sample."
            : `Only the first two of ${d} coordinates are shown.`,
        ];
  const ground = discriminator === undefined || d! > 2 ? [] : [groundCaption(discriminator)];
  return [
    "Rings are real points, dots are generated points; points outside the frame are drawn on its edge.",
    ...ground,
    ...plane,
  ].join(" ");
}

function groundCaption({ boundary, packing = 1 }: Discriminator): string {
  const line =
    boundary === null
      ? "the line is midway between its means on real and on generated points"
      : "the line is its decision boundary";
  const others = packing === 2 ? "a real point" : `${packing - 1} real points`;
  const beside =
    packing === 1
      ? ""
      : ` It sees packs of ${packing} items; here each point is packed with ${others}, averaged over ${companies} choices.`;
  return `The background is the discriminator's output, darker where it is higher (more real); ${line}.${beside}`;
}

import { type NdArray, zeros } from "../../base/ndarray.ts";
import { type Key, fold, integers, key } from "../../base/random.ts";
import { type Dataset, type Modes, checkedIndex, fingerprintOf } from "../dataset.ts";
import type { GeneratedDataset } from "./named.ts";

/** A distribution of points to sample from. */
export interface PointsDefinition {
  readonly name: string;
  readonly description: string;
  /** Coordinates of a point. */
  readonly dimensions: number;
  /** Number of equally likely classes; null for none. */
  readonly classes: number | null;
  readonly modes?: Modes;
  /** The numbers that define the points, as text: part of the fingerprint, with name, split and size. */
  readonly formula: string;
  /** Writes the point of a key, of class `label` (0 without classes), to `out`, which is zero initially. */
  draw(from: Key, label: number, out: Float32Array): void;
}

const sizes = { train: 100_000, test: 10_000 };

/** Points of small splits are cached: up to this many numbers, one megabyte. */
const maxCached = 2 ** 18;

/** 100,000 training and 10,000 test points `[d]`. A point depends only on its split and index. */
export function generatedPoints(definition: PointsDefinition): GeneratedDataset {
  const { name, description } = definition;
  return {
    origin: "generated",
    name,
    description,
    declares: [
      ...(definition.classes === null ? [] : ["labels" as const]),
      ...(definition.modes ? ["modes" as const] : []),
    ],
    generate: () => ({ train: pointsOf(definition, "train"), test: pointsOf(definition, "test") }),
  };
}

function pointsOf(definition: PointsDefinition, part: keyof typeof sizes): Dataset {
  const { name, dimensions, classes, modes, formula } = definition;
  const size = sizes[part];
  const base = fold(key(0), name, part);
  const labels = classes === null ? null : integers(fold(base, "labels"), size, classes);
  const drawn: WritePoint = (index, out, at) => {
    definition.draw(fold(base, index), labels?.[index] ?? 0, out.subarray(at, at + dimensions));
  };
  const write = size * dimensions <= maxCached ? kept(drawn, size, dimensions) : drawn;
  const named = { name, size };
  const read = async (indices: ArrayLike<number>): Promise<NdArray<"float32">> => {
    const out = zeros([indices.length, dimensions]);
    for (let n = 0; n < indices.length; n++) {
      write(checkedIndex(named, indices[n]!), out.data, n * dimensions);
    }
    return out;
  };
  const text = `${name} ${part} ${size} [${dimensions}] ${formula}`;
  const fingerprint = fingerprintOf(text);
  return {
    name,
    kind: "points",
    shape: [dimensions],
    size,
    labels,
    skipped: [],
    ...(modes !== undefined && { modes }),
    read,
    fingerprint,
  };
}

/** Writes the point of an index to `out` from an offset on, where zeros are. */
type WritePoint = (index: number, out: Float32Array, at: number) => void;

/** The same points, each computed when it is first requested. */
function kept(write: WritePoint, size: number, dimensions: number): WritePoint {
  const points = new Float32Array(size * dimensions);
  const known = new Uint8Array(size);
  return (index, out, at) => {
    const from = index * dimensions;
    if (known[index] === 0) {
      write(index, points, from);
      known[index] = 1;
    }
    for (let i = 0; i < dimensions; i++) out[at + i] = points[from + i]!;
  };
}

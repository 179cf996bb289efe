import { type NdArray, ndarray } from "../../../src/base/ndarray.ts";
import { key } from "../../../src/base/random.ts";
import { type MetricInputs, type InputKind, type FeatureSets, neighboursOf } from "../../../src/metrics/index.ts";

type Options = Readonly<Record<string, unknown>>;

/** What a metric is given. */
export interface Given<Kind extends InputKind> {
  readonly inputs: MetricInputs[Kind];
  /** All by default where not given. */
  readonly options?: Options;
}

/** What a metric owes, with inputs of the kind that it needs. */
export interface MetricCase<Kind extends InputKind = InputKind> {
  readonly metric: string;
  readonly needs: Kind;
  /** MetricInputs whose value is known in closed form; to 1e-9 where nothing else is said. */
  readonly exact: Given<Kind> & { readonly value: number; readonly within?: number };
  /** What a perfect model gives, and the value that it gets. */
  readonly perfect: Given<Kind> & { readonly value: number; readonly within?: number };
  /** What a model gives that is worse. */
  readonly worse: Given<Kind>;
  /** How far the value may move when the items come in another order: 1e-9 where not given. */
  readonly orderWithin?: number;
  /** Whether the value is that of twice the items, each two times. */
  readonly twice?: true;
  /** What it refuses, and what it says then; empty where whoever gathers the inputs refuses all that is wrong. */
  readonly refuses: readonly (Given<Kind> & { readonly says: string })[];
}

export function metricCase<Kind extends InputKind>(one: MetricCase<Kind>): MetricCase {
  return one as unknown as MetricCase;
}

/** An array float64. */
export function array(
  shape: readonly number[],
  values: ArrayLike<number> | ((at: number) => number),
): NdArray<"float64"> {
  const length = shape.reduce((size, extent) => size * extent, 1);
  const at = typeof values === "function" ? values : (i: number) => values[i]!;
  return ndarray(
    "float64",
    [...shape],
    Float64Array.from({ length }, (_, i) => at(i)),
  );
}

/** Vectors of both sets as rows. */
export function sets(
  generated: readonly (readonly number[])[],
  reference: readonly (readonly number[])[],
): FeatureSets {
  const rowsOf = (all: readonly (readonly number[])[]) => array([all.length, all[0]!.length], all.flat());
  return { generated: rowsOf(generated), reference: rowsOf(reference), key: key(5) };
}

/** Points on the line, one a row. */
export function line(n: number, at: (i: number) => number): number[][] {
  return Array.from({ length: n }, (_, i) => [at(i)]);
}

type Change = (x: NdArray) => NdArray;

/** Rows in another order, or more of them, of all arrays that hold an item a row. */
function throughRows<Kind extends InputKind>(kind: Kind, inputs: MetricInputs[Kind], rows: Change): MetricInputs[Kind] {
  const flat = <A extends Float64Array | Int32Array>(values: A): A => {
    const changed = rows(ndarray(values instanceof Float64Array ? "float64" : "int32", [values.length], values));
    return changed.data as A;
  };
  const changes: { readonly [K in InputKind]: (given: MetricInputs[K]) => MetricInputs[K] } = {
    bound: ({ recon, klPerLatent, mean, dimensions }) => ({
      recon: rows(recon),
      klPerLatent: rows(klPerLatent),
      mean: rows(mean),
      dimensions,
    }),
    logWeights: ({ values, dimensions }) => ({ values: rows(values), dimensions }),
    gradients: ({ own }) => ({ own: { ...own, halfDistances: flat(own.halfDistances) } }),
    factors: (given) => ({ ...given, codes: rows(given.codes), values: rows(given.values) as NdArray<"int32"> }),
    predictions: ({ logits, labels, noise }) => ({ logits: rows(logits), labels: flat(labels), noise }),
    samples: ({ generated, reference }) => ({ generated: rows(generated), reference: rows(reference) }),
    features: (given) => ({ ...given, generated: rows(given.generated), reference: rows(given.reference) }),
    vectors: (given) => ({ ...given, generated: rows(given.generated), reference: rows(given.reference) }),
    neighbours: (given) => {
      const { generated, reference } = setsOf.get(given)!;
      return balls({ generated: rows(generated), reference: rows(reference), key: key(5) });
    },
    nearest: ({ generated, heldOut }) => ({ generated: flat(generated), heldOut: flat(heldOut) }),
    translations: ({ source, made, truth }) => ({ source: rows(source), made: rows(made), truth: rows(truth) }),
    translatedClasses: ({ predicted, predictedOfTruth, labels }) => ({
      predicted: flat(predicted),
      predictedOfTruth: predictedOfTruth && flat(predictedOfTruth),
      labels: flat(labels),
    }),
    cycles: ({ source, made, back, disturbed, backOfDisturbed }) => ({
      source: rows(source),
      made: rows(made),
      back: rows(back),
      disturbed: rows(disturbed),
      backOfDisturbed: rows(backOfDisturbed),
    }),
    transforms: ({ predicted, names }) => ({ predicted: flat(predicted), names }),
    modes: (given) => {
      const good = flat(Int32Array.from(given.good));
      return { ...given, nearest: flat(given.nearest), good: Uint8Array.from(good) };
    },
  };
  return changes[kind](inputs);
}

/** The sets that neighbours were counted in. */
const setsOf = new WeakMap<MetricInputs["neighbours"], FeatureSets>();

/** Who lies in whose ball. */
export function balls(given: FeatureSets): MetricInputs["neighbours"] {
  const found = neighboursOf(given);
  setsOf.set(found, given);
  return found;
}

function picked(x: NdArray, items: readonly number[]): NdArray {
  const width = x.data.length / x.shape[0]!;
  const data = new (x.data.constructor as Float64ArrayConstructor)(items.length * width);
  items.forEach((item, i) => data.set(x.data.subarray(item * width, (item + 1) * width) as Float64Array, i * width));
  return { ...x, shape: [items.length, ...x.shape.slice(1)], data } as unknown as NdArray;
}

/** The same items, the last one first. */
export function backwards<Kind extends InputKind>(kind: Kind, inputs: MetricInputs[Kind]): MetricInputs[Kind] {
  return throughRows(kind, inputs, (x) => picked(x, [...Array(x.shape[0]!).keys()].toReversed()));
}

/** Each item two times. */
export function doubled<Kind extends InputKind>(kind: Kind, inputs: MetricInputs[Kind]): MetricInputs[Kind] {
  return throughRows(kind, inputs, (x) =>
    picked(
      x,
      [...Array(2 * x.shape[0]!).keys()].map((i) => i >> 1),
    ),
  );
}

import { zeros } from "../../src/base/ndarray.ts";
import { parseOptions } from "../../src/base/options.ts";
import type { Places } from "../../src/diagnosis/places.ts";
import type { Evidence, RunSetup, SampleSnapshot, Series } from "../../src/diagnosis/symptom.ts";
import { type DataInfo, type Model, models } from "../../src/models/index.ts";

/** Series at steps 100, 200, ... */
export function series(values: readonly number[]): Series {
  return { steps: values.map((_, i) => 100 * (i + 1)), values };
}

/** The same value again and again. */
export function repeat(value: number, times: number): number[] {
  return Array.from({ length: times }, () => value);
}

/** Four modes of one weight. */
export const fourModes: Places = {
  declared: true,
  centres: zeros([4, 2]),
  radii: Float64Array.of(1, 1, 1, 1),
  innerRadii: new Float64Array(4),
  middle: null,
  sharpness: null,
  highQuality: 0.5,
  fidelity: 0.98,
  shares: Float64Array.of(0.25, 0.25, 0.25, 0.25),
  names: ["mode 0", "mode 1", "mode 2", "mode 3"],
  kinds: null,
};

/** A snapshot whose samples are all near their place, with unknown fidelity. */
export function snapshot(step: number, shares: readonly number[], diversity = 1): SampleSnapshot {
  return {
    step,
    diversity: [{ way: null, value: diversity }],
    nearest: shares,
    near: shares,
    fidelity: null,
    kinds: [],
  };
}

export interface EvidenceParts extends Partial<Omit<Evidence, "model" | "series">> {
  /** A GAN where not given. */
  readonly recipe?: string;
  /** Options of the recipe. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly limit?: number;
  readonly spread?: number;
  readonly schedule?: "constant" | "linear";
  readonly series?: Readonly<Record<string, Series>>;
}

const points: DataInfo = { kind: "points", shape: [2] };
const pairs: DataInfo = { kind: "pair", shape: [2, 16, 16, 1] };

/** What a recipe's model declares of itself, with these options, on points in the plane or on pairs of images. */
function built(recipe: string, options: Readonly<Record<string, unknown>>): Model {
  const definition = models.find(({ name }) => name === recipe)!;
  const data = definition.learnsFrom === undefined ? points : pairs;
  return definition.build(parseOptions(definition.options, options, recipe), data);
}

/** Evidence of a run of 5000 steps at their end, with nothing in it but what is given, and the setup of that run. */
export function evidence({
  recipe = "gan",
  model = {},
  limit,
  schedule = "linear",
  spread = 1,
  series: given = {},
  ...rest
}: EvidenceParts): Evidence & { readonly setup: RunSetup } {
  const { remedies, ...declared } = built(recipe, model);
  const setup: RunSetup = {
    remedies,
    spread,
    config: {
      recipe,
      model,
      data: { spec: "ring8", ...(limit !== undefined && { limit }) },
      train: {
        steps: 5000,
        batch: 64,
        learningRate: 1e-3,
        schedule,
        rateEnd: 0.05,
        seed: 0,
        logEvery: 10,
        evalEvery: 250,
        sampleEvery: 500,
        checkpointEvery: 500,
        keep: 2,
      },
      device: "cpu",
    },
  };
  return {
    setup,
    step: 5000,
    dimensions: 2,
    deadUnitItems: 640,
    sampleCount: 2500,
    snapshots: [],
    places: null,
    packing: 1,
    model: declared,
    now: null,
    ...rest,
    series: new Map(Object.entries(given)),
  };
}

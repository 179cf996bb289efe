import { DataError } from "../base/errors.ts";
import { joinRows, ndarray } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type Dataset, subsampleIndices, readExact, dataWith } from "../data/index.ts";
import {
  type MetricInputs,
  type InputKind,
  type Metric,
  factorCodes,
  itemsFor,
  neighboursOf,
  readChanges,
} from "../metrics/index.ts";
import type { Direction } from "../models/index.ts";
import type { Features } from "../trained/features.ts";
import { gatherPredictions } from "./predictions.ts";
import {
  type Drawing,
  type SampleFacts,
  gatherFeatures,
  gatherImages,
  gatherModes,
  gatherNearest,
  gatherTransforms,
} from "./sample-inputs.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { gatherCycles, gatherTranslatedClasses, gatherTranslations } from "./translation-inputs.ts";

/** The subject of a measurement: a model, and the real items that it is compared with. */
export interface Subject {
  readonly trained: TrainedModel;
  /** Held-out items, or the split to measure on. */
  readonly data: Dataset;
  /** Name of the split: test or train. */
  readonly part: string;
  readonly key: Key;
  /** Training items, which also replace samples in the floor of a metric. */
  readonly training?: Dataset | undefined;
  /** Feature net for metrics that need features of images. */
  readonly features?: Features | undefined;
}

/** Inputs of one kind. */
export interface Gathered<Kind extends InputKind> {
  readonly inputs: MetricInputs[Kind];
  /** The same with as many real items in place of samples: the inputs of a perfect model. */
  readonly real?: MetricInputs[Kind] | undefined;
  readonly facts?: SampleFacts;
}

type Options = Readonly<Record<string, unknown>>;

interface Gatherer<Kind extends InputKind> {
  /** Names of the metric options that the inputs depend on; `null` if they depend on the metric itself. */
  readonly reads: readonly string[] | null;
  /** Whether the subject's feature net is used, if there is one. */
  readonly features?: true;
  gather(gathering: Gathering, options: Options, metric: string): Promise<Gathered<Kind>>;
}

const alone = <Kind extends InputKind>(inputs: MetricInputs[Kind]): Gathered<Kind> => ({ inputs });
const way = (options: Options) => options.direction as Direction | undefined;
const drawn = (options: Options): Drawing => ({
  asked: options.samples as number | undefined,
  direction: way(options),
});

const gatherers: { readonly [Kind in InputKind]: Gatherer<Kind> } = {
  bound: {
    reads: [],
    gather: async ({ subject: { trained, data, part, key } }) => alone(await trained.bound(data, part, key)),
  },
  factors: {
    reads: null,
    gather: async ({ subject }, { points }, metric) => alone(await gatherFactors(subject, points as number, metric)),
  },
  cycles: {
    reads: ["direction"],
    gather: async ({ subject }, options, metric) => alone(await gatherCycles(subject, way(options), metric)),
  },
  features: {
    reads: ["samples", "direction"],
    features: true,
    gather: (gathering, options, metric) => gatherFeatures(gathering, drawn(options), metric),
  },
  gradients: {
    reads: ["net", "draws", "batch", "beside"],
    gather: async ({ subject }, options) => alone(await gatherGradients(subject, options)),
  },
  logWeights: {
    reads: ["samples"],
    gather: async ({ subject: { trained, data, part, key } }, { samples }) =>
      alone(await trained.logWeights(data, part, key, samples as number)),
  },
  modes: {
    reads: ["samples", "direction"],
    features: true,
    gather: (gathering, options, metric) => gatherModes(gathering, drawn(options), metric),
  },
  nearest: {
    reads: ["samples", "direction"],
    gather: (gathering, options, metric) => gatherNearest(gathering, drawn(options), metric),
  },
  neighbours: {
    reads: ["samples", "direction"],
    features: true,
    gather: async (gathering, options, metric) => {
      const { inputs, real, facts } = await gathering.gather("features", options, metric);
      return { inputs: neighboursOf(inputs), real: real && neighboursOf(real), ...(facts && { facts }) };
    },
  },
  predictions: { reads: [], gather: async ({ subject }, _, metric) => alone(await gatherPredictions(subject, metric)) },
  samples: {
    reads: ["samples", "direction"],
    gather: (gathering, options, metric) => gatherImages(gathering, drawn(options), metric),
  },
  translatedClasses: {
    reads: ["direction"],
    features: true,
    gather: async ({ subject }, options, metric) => alone(await gatherTranslatedClasses(subject, way(options), metric)),
  },
  translations: {
    reads: ["direction"],
    gather: async ({ subject }, options, metric) => alone(await gatherTranslations(subject, way(options), metric)),
  },
  transforms: {
    reads: ["samples", "direction"],
    features: true,
    gather: (gathering, options, metric) => gatherTransforms(gathering, drawn(options), metric),
  },
  vectors: {
    reads: ["samples", "direction"],
    features: true,
    gather: async (gathering, options, metric) => ({
      ...(await gatherFeatures(gathering, drawn(options), metric, "pixels")),
    }),
  },
};

/** Whether a metric can use a feature net of the user's choice. */
export function takesFeatures({ needs }: Metric): boolean {
  return gatherers[needs].features === true;
}

/** The inputs of one subject; inputs that several metrics need are gathered once. */
export class Gathering {
  private readonly known = new Map<string, Promise<unknown>>();

  constructor(readonly subject: Subject) {}

  /** @throws DataError when the model or the data cannot provide such inputs. */
  gather<Kind extends InputKind>(kind: Kind, options: Options, metric: string): Promise<Gathered<Kind>> {
    const { reads, gather } = gatherers[kind];
    const read = reads === null ? [metric, options] : reads.map((name) => options[name]);
    return this.once(`${kind} ${JSON.stringify(read)}`, () => gather(this, options, metric));
  }

  /** Returns the result of `make`, which is called on the first request of the name. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.known.get(name);
    if (known !== undefined) return known as Promise<T>;
    const made = make();
    this.known.set(name, made);
    return made;
  }
}

/** Items encoded per call. */
const encodedAtOnce = 1000;

/** Gradient samples of the run's estimator and, with `beside`, of its recipe with other options. */
async function gatherGradients(
  { trained, data, part, key }: Subject,
  { net, draws, batch, beside }: Options,
): Promise<MetricInputs["gradients"]> {
  const drawnBy = (model: TrainedModel) =>
    model.gradients(data, part, key, net as string, draws as number, batch as number);
  if (beside === undefined) return { own: await drawnBy(trained) };
  const other = trained.under(readChanges(beside as string));
  try {
    return { own: await drawnBy(trained), beside: await drawnBy(other) };
  } finally {
    await other.release();
  }
}

/** Codes of random items, as many as `points` needs, or all. @throws DataError when the data have no factors. */
async function gatherFactors(
  { trained, data, key }: Subject,
  points: number,
  metric: string,
): Promise<MetricInputs["factors"]> {
  const { factors } = data;
  if (factors === undefined) {
    throw new DataError(
      `${metric}: the data must have known factors - got ${data.name}, which has none`,
      `train on data with factors: ${dataWith("factors")}`,
    );
  }
  const items = subsampleIndices(data, itemsFor(points), fold(key, "factors"));
  const codes = [];
  for (let start = 0; start < items.length; start += encodedAtOnce) {
    codes.push(await trained.encode(await readExact(data, items.slice(start, start + encodedAtOnce))));
  }
  const { names, sizes } = factors;
  const values = Int32Array.from([...items].flatMap((item) => factors.of(item)));
  return factorCodes({
    codes: joinRows(codes),
    values: ndarray("int32", [items.length, names.length], values),
    names,
    sizes,
    key: fold(key, metric),
  });
}

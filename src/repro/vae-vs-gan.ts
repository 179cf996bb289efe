import { significant } from "../base/digits.ts";
import { fold, key } from "../base/random.ts";
import { type DataSplit, take } from "../data/index.ts";
import { type Metric, accuracy, coverage, fid, kid, precision, recall, density, sharpness } from "../metrics/index.ts";
import { type ConfiguredModel, classifier, gan, vae } from "../models/index.ts";
import { scatterPlot } from "../plot/index.ts";
import { classifierFeatures, openTrained } from "../trained/index.ts";
import { type Evaluation, evaluate, evaluator } from "../evaluation/index.ts";
import { type Row, type RowContext, type Scale, type Values, fit, trainEach } from "./row.ts";

const seed = 1;
const latent = 64;
const hidden = [32, 64];

// The VAE's decoder is the GAN's generator, and its encoder the discriminator with other outputs. The likelihood is Gaussian
// with one learned standard deviation, and samples are pixel means, as in the pictures of a run.
const recipes: Readonly<Record<string, ConfiguredModel>> = {
  vae: vae({ arch: "dcgan", hidden, latent, likelihood: "gaussian" }),
  gan: gan({ arch: "dcgan", hidden, latent }),
};

const rates: Readonly<Record<string, number>> = { vae: 1e-3, gan: 2e-4 };

const measured = [sharpness, fid, kid, precision, recall, density, coverage] as unknown as readonly Metric[];

interface Budget {
  /** Number of training items; default: all. */
  readonly limit?: number;
  readonly epochs: number;
  readonly classifierEpochs: number;
  readonly samples: number;
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { limit: 10_000, epochs: 4, classifierEpochs: 3, samples: 1000 },
  full: { epochs: 10, classifierEpochs: 5, samples: 10_000 },
};

const specs: Readonly<Record<Scale, readonly string[]>> = { quick: ["mnist"], full: ["mnist", "fashion-mnist"] };

export const vaeVsGanRow: Row = {
  name: "vae-vs-gan",
  summary:
    "VAE and GAN with the same generator net, data and number of epochs: sharpness, FID, KID, precision, recall, density, coverage",
  source:
    "our own comparison; distances are in the features of a classifier trained here and not comparable with published ones",
  criterion:
    "on each data set the GAN has higher sharpness and precision and the VAE has higher recall, with non-overlapping intervals: a common claim, tested",
  paper: {},
  scales: {
    quick: "the first 10,000 digits of MNIST and 4 epochs instead of 10, 1000 samples",
    full: "MNIST and Fashion-MNIST; DCGAN nets with 32 and 64 channels, 64 latent dimensions, batch size 64, 10 epochs; 10,000 samples, means of p(x | z) for the VAE, EMA parameters for the GAN; 95 % intervals",
  },
  run: async (context) => {
    const values: Record<string, number> = {};
    const names = specs[context.scale];
    // All data are opened before the first training, so that missing files are reported at once.
    const sets: [string, DataSplit][] = [];
    for (const spec of names) sets.push([spec, await opened(context, spec)]);
    for (const [spec, data] of sets) Object.assign(values, await measureAll(context, spec, data));
    return { values, seeds: [seed] };
  },
  charts: (values) => ({ blurAndCoverage: blurAndCoverage(values) }),
  verdict: (values, scale) => ({
    passed: specs[scale].every((spec) => holds(spec, values)),
    remarks: specs[scale].map((spec) => comparison(spec, values)),
  }),
};

async function opened({ open, scale }: RowContext, spec: string): Promise<DataSplit> {
  const { limit, samples } = budgets[scale];
  const { train, test } = await open(spec);
  return { train: limit === undefined ? train : take(train, limit), test: take(test, samples) };
}

async function measureAll(context: RowContext, spec: string, data: DataSplit): Promise<Record<string, number>> {
  const { epochs, classifierEpochs } = budgets[context.scale];
  const label = (name: string) => `${spec}, ${name}`;
  const values: Record<string, number> = {};
  const classNet = await fit(context, label("classifier"), classifier(), data, { epochs: classifierEpochs, seed });
  const features = await classifierFeatures(classNet.trained, "classifier");
  const by = fold(key(seed), spec);
  values[`${spec}/classifier/accuracy`] = (await evaluate(accuracy, classNet.trained, data.test, "test", by)).value;
  const trainings = Object.entries(recipes).map(([name, model]) => ({
    label: label(name),
    model,
    data,
    options: { epochs, batch: 64, learningRate: rates[name]!, seed },
    name,
  }));
  await trainEach(context, trainings, async (run, { name }) => {
    values[`${spec}/${name}/trainingMinutes`] = run.state.seconds / 60;
    const { trained, close } = await openTrained(run, context.engine);
    const measure = evaluator({ trained, data: data.test, part: "test", key: by, training: data.train, features });
    for (const metric of measured) {
      context.say(`${label(name)}: ${metric.name}`);
      const result = await measure(metric, { samples: data.test.size });
      Object.assign(values, named(`${spec}/${name}/${metric.name}`, result));
      values[`${spec}/real/${metric.name}`] = result.floor!;
    }
    await close();
  });
  await classNet.close();
  return values;
}

/** Sharpness against coverage, of both models and of real items. */
function blurAndCoverage(values: Values): string {
  const specs = [...new Set(Object.keys(values).map((name) => name.split("/")[0]!))];
  return scatterPlot({
    title: "VAE and GAN: sharpness and coverage",
    x: { label: "coverage of the data" },
    y: { label: "sharpness (real images: 1)" },
    series: specs.map((spec, i) => ({
      name: spec,
      marks: ["vae", "gan", "real"].map((name) => ({
        x: values[`${spec}/${name}/coverage`]!,
        y: values[`${spec}/${name}/sharpness`]!,
        ...((name !== "real" || i === 0) && { label: name }),
      })),
    })),
  });
}

/** A result as values of a row. */
function named(name: string, { value, stderr, interval: [low, high] }: Evaluation): Record<string, number> {
  return { [name]: value, [`${name}Stderr`]: stderr, [`${name}Low`]: low, [`${name}High`]: high };
}

/** Which of the two is higher, if the intervals are disjoint. */
function higher(spec: string, metric: string, values: Readonly<Record<string, number>>): "vae" | "gan" | null {
  const end = (name: string, which: "Low" | "High") => values[`${spec}/${name}/${metric}${which}`]!;
  if (end("vae", "Low") > end("gan", "High")) return "vae";
  return end("gan", "Low") > end("vae", "High") ? "gan" : null;
}

/** Sentences about the numbers of one data set. */
function comparison(spec: string, values: Readonly<Record<string, number>>): string {
  const verdicts = { vae: "the VAE's is higher", gan: "the GAN's is higher", none: "the intervals overlap" };
  const lines = measured.map(({ name: metric }) => {
    const [vae, gan, real] = ["vae", "gan", "real"].map((name) => significant(values[`${spec}/${name}/${metric}`]!, 3));
    const verdict = verdicts[higher(spec, metric, values) ?? "none"];
    return `${metric} ${vae} and ${gan} (real items ${real}): ${verdict}`;
  });
  return `On ${spec}, VAE and GAN: ${lines.join("; ")}.`;
}

/** Whether the claim holds. */
function holds(spec: string, values: Readonly<Record<string, number>>): boolean {
  const of = ({ name }: { readonly name: string }) => higher(spec, name, values);
  return of(sharpness) === "gan" && of(precision) === "gan" && of(recall) === "vae";
}

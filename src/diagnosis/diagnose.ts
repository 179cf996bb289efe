import { DataError } from "../base/errors.ts";
import { type NdArray, castTo, chosenRows, formatShape, sizeOf } from "../base/ndarray.ts";
import { type Key, fold, key } from "../base/random.ts";
import { range } from "../base/range.ts";
import { latentKl } from "../base/scalar-names.ts";
import { type DataSplit, type Dataset, arrayDataset, subsample, subsampleIndices } from "../data/index.ts";
import { elbo } from "../metrics/index.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { Engine } from "../runtime/index.ts";
import type { Features } from "../trained/features.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { type RunHistory, type LoggedNumber, minSteps } from "./run-history.ts";
import { symptoms } from "./symptoms/index.ts";
import { nearestTraining } from "./nearest-training.ts";
import { SampleSnapshots, samplesFor } from "./sample-snapshots.ts";
import { scoresOf } from "./scores.ts";
import type { Evidence, Finding, MeasuredNow, RunSetup, Symptom } from "./symptom.ts";

/** Result of the diagnosis of a run. */
export interface Diagnosis {
  /** Steps that the run had made. */
  readonly step: number;
  readonly findings: readonly Finding[];
  /** Symptoms that were checked and are absent. */
  readonly absent: readonly Omit<Finding, "change">[];
  /** Symptoms that could not be checked, and what the check needs. */
  readonly unknown: readonly { readonly symptom: string; readonly needs: string }[];
}

/** Result of the diagnosis of samples: without a run there are no changes to suggest. */
export interface SampleDiagnosis extends Omit<Diagnosis, "step" | "findings"> {
  readonly findings: readonly Omit<Finding, "change">[];
}

/** Runs all checks on a run, or a selection of them. */
export function diagnose(evidence: Evidence, setup: RunSetup, checks: readonly Symptom[] = symptoms): Diagnosis {
  const { step } = evidence;
  if (step < minSteps) {
    const unknown = checks.map(({ name }) => ({ symptom: name, needs: `${minSteps} steps` }));
    return { step, findings: [], absent: [], unknown };
  }
  const { present, absent, unknown } = checked(evidence, checks);
  return { step, findings: present.map((one) => ({ ...one, change: one.change(setup) })), absent, unknown };
}

/** Runs all checks. */
function checked(evidence: Evidence, checks: readonly Symptom[] = symptoms) {
  const seen = checks.map(({ name: symptom, summary, needs, check }) => {
    const sign = check(evidence);
    if (sign === null) return { unknown: { symptom, needs } };
    const { evidence: said, values } = sign;
    const about = { symptom, summary, evidence: said, values };
    return sign.present ? { present: { ...about, change: sign.change } } : { absent: about };
  });
  return {
    present: seen.flatMap(({ present }) => present ?? []),
    absent: seen.flatMap(({ absent }) => absent ?? []),
    unknown: seen.flatMap(({ unknown }) => unknown ?? []),
  };
}

/** Samples needed per mode or cluster of the data: if this many are expected, finding none is significant. */
const samplesPerPlace = 20;

/** Real items encoded by the feature net to find places. */
const itemsOfFeatures = 2500;

/**
 * Compares samples [n, ...] of any origin with the data that they should resemble, by the checks that need no model.
 * @param features Feature net for classes and diversity; pixels or coordinates by default.
 * @param own Further symptoms to check.
 * @throws DataError when they do not have the shape of the data, or are too few.
 */
export async function diagnoseSamples(
  samples: NdArray,
  data: DataSplit,
  engine: Engine,
  seed: number,
  features?: Features,
  own: readonly Symptom[] = [],
): Promise<SampleDiagnosis> {
  const { name, shape } = data.train;
  const [n, ...given] = samples.shape as [number, ...number[]];
  if (formatShape(given) !== formatShape(shape)) {
    throw new DataError(
      `samples must have the shape of items of ${name}, ${formatShape(shape)} - got ${formatShape(given)}`,
    );
  }
  const compared = features === undefined ? data.train : await inFeatures(data.train, features, key(seed));
  const snapshots = await SampleSnapshots.open(compared, key(seed));
  const { places } = snapshots;
  const least = samplesPerPlace * (places?.shares.length ?? 1);
  if (n < least) {
    const kinds =
      places === null
        ? ""
        : `, ${samplesPerPlace} for each of its ${places.shares.length} ${places.declared ? "modes" : "clusters"}`;
    throw new DataError(`at least ${least} samples are needed to check them against ${name}${kinds} - got ${n}`);
  }
  const subset = chosenRows(samples, subsampleIndices({ size: n }, samplesFor(data.train), fold(key(seed), "samples")));
  const nearest = await nearestTraining(engine, subset, data, fold(key(seed), "diagnose"));
  const evidence: Evidence = {
    step: 0,
    dimensions: sizeOf(shape),
    deadUnitItems: 0,
    series: new Map(),
    packing: 1,
    model: {},
    sampleCount: subset.shape[0]!,
    snapshots: [],
    places,
    now: { samples: snapshots.snapshotOf((await features?.of(subset)) ?? subset, 0), nearest, scores: null },
  };
  const { present, absent, unknown } = checked(evidence, [...symptoms, ...own]);
  return { findings: present.map(({ change: _, ...finding }) => finding), absent, unknown };
}

/** Some items as their features, with their classes. */
async function inFeatures(data: Dataset, features: Features, seed: Key): Promise<Dataset> {
  const chosen = subsample(data, itemsOfFeatures, fold(seed, "features"));
  const { name, labels, size, classNames } = chosen;
  const items = castTo(await features.of(await chosen.read(range(0, size))), "float32");
  return arrayDataset({ name, kind: "points", items, ...(labels && { labels }), ...(classNames && { classNames }) });
}

/**
 * Checks all symptoms in the scalars logged up to a step.
 * @param now What was measured on the model at that step, if it was.
 */
export async function diagnoseHistory(
  history: RunHistory,
  step: number,
  now: MeasuredNow | null = null,
): Promise<Diagnosis> {
  return diagnose(await history.evidence(step, now), await history.setup(), history.symptoms);
}

/**
 * Checks all symptoms in the scalars logged up to a step and on the model at that step, sampled as by `zaya sample`.
 */
export async function diagnoseModel(
  history: RunHistory,
  trained: TrainedModel,
  step: number,
  seed: number,
): Promise<Diagnosis> {
  if (step < minSteps) return diagnoseHistory(history, step);
  for (const line of await latentsNow(trained, history.data.test, seed, step)) history.add(line);
  return diagnoseHistory(history, step, await measure(history, trained, step, seed));
}

/** Test items on which the KL term of each latent dimension is measured. */
const encoded = 1000;

async function latentsNow(trained: TrainedModel, test: Dataset, seed: number, step: number): Promise<LoggedNumber[]> {
  if (trained.model.likelihood === undefined) return [];
  const { details } = await evaluate(elbo, trained, subsample(test, encoded), "test", fold(key(seed), "evaluate"));
  return (details.klPerLatent as readonly number[]).map((value, i) => ({
    name: latentKl.name({ latent: i }),
    step,
    value,
  }));
}

async function measure(history: RunHistory, trained: TrainedModel, step: number, seed: number): Promise<MeasuredNow> {
  const snapshot = await history.snapshot(trained, step);
  if (trained.model.generator === undefined) return { samples: snapshot, nearest: null, scores: null };
  const own = fold(key(seed), "diagnose");
  const samples = await trained.sample(own, samplesFor(history.data.train));
  return {
    samples: snapshot,
    nearest: await nearestTraining(trained.engine, samples, history.data, own),
    scores: await scoresOf(trained, history.data, samples, own),
  };
}

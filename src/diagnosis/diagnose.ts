import { fold, key } from "../base/random.ts";
import { latentKl } from "../base/scalar-names.ts";
import { type Dataset, some } from "../data/index.ts";
import { elbo } from "../metrics/index.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { type RunHistory, type LoggedNumber, minSteps } from "./run-history.ts";
import { symptoms } from "./symptoms/index.ts";
import { nearestTraining } from "./nearest-training.ts";
import { samplesFor } from "./sample-snapshots.ts";
import { scoresOf } from "./scores.ts";
import type { Evidence, Finding, MeasuredNow } from "./symptom.ts";

/** What a diagnosis found in a run. */
export interface Diagnosis {
  /** Steps that the run had made. */
  readonly step: number;
  readonly findings: readonly Finding[];
  /** Symptoms that were looked for and not seen. */
  readonly absent: readonly Omit<Finding, "change">[];
  /** Symptoms that could not be looked for, and what that takes. */
  readonly unknown: readonly { readonly symptom: string; readonly needs: string }[];
}

/** Runs all checks. */
export function diagnose(evidence: Evidence): Diagnosis {
  const { step } = evidence;
  const early = step < minSteps;
  const seen = symptoms.map(({ name: symptom, summary, needs, check }) => {
    const sign = early ? null : check(evidence);
    if (sign === null) return { unknown: { symptom, needs: early ? `${minSteps} steps` : needs } };
    const { evidence: said, values } = sign;
    const about = { symptom, summary, evidence: said, values };
    return sign.present ? { finding: { ...about, change: sign.change } } : { absent: about };
  });
  return {
    step,
    findings: seen.flatMap(({ finding }) => finding ?? []),
    absent: seen.flatMap(({ absent }) => absent ?? []),
    unknown: seen.flatMap(({ unknown }) => unknown ?? []),
  };
}

/** Checks for every symptom in the scalars logged up to a step and in the model at that step, sampled as `zaya sample` does. */
export async function diagnoseModel(
  history: RunHistory,
  trained: TrainedModel,
  step: number,
  seed: number,
): Promise<Diagnosis> {
  if (step < minSteps) return diagnose(history.evidence(step, null));
  for (const line of await latentsNow(trained, history.data.test, seed, step)) history.add(line);
  return diagnose(history.evidence(step, await measure(history, trained, step, seed)));
}

/** Test items on which the KL of latents is measured. */
const encoded = 1000;

async function latentsNow(trained: TrainedModel, test: Dataset, seed: number, step: number): Promise<LoggedNumber[]> {
  if (trained.model.likelihood === undefined) return [];
  const { details } = await evaluate(elbo, trained, some(test, encoded), "test", fold(key(seed), "evaluate"));
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

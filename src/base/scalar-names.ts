import { namePattern } from "./name-pattern.ts";

// How the numbers of a run are called, in metrics.jsonl and wherever they are read: built and read here alone.

/** What a step of the model logs: its loss, `generator/loss`, and its scalars, `vae/kl`. */
export const stepScalar = namePattern("{step}/{scalar}");
/** What every step logs: the value that it minimises. */
export const lossScalar = "loss";

/** The Euclidean norm of the gradient that a step gives a net. */
export const gradientNorm = namePattern("gradient/{step}/{net}");
/** The share of dead units in a hidden layer, `layer1` and so on. */
export const deadUnits = namePattern("dead/{net}/{layer}");
/** Its standard error. */
export const deadUnitsStderr = namePattern("dead/{net}/{layer}/stderr");

/** Counts of modes that the data declare, and the share of samples in a mode. */
export const modeCounts = { covered: "modes/covered", captured: "modes/captured", highQuality: "modes/highQuality" };
export const modeShare = namePattern("modes/share/{mode}");

/** The Earth-Mover distance between samples and test items. */
export const sampleEmd = "distance/emd";

/** Mean discriminator scores of one part of the data, and other signs of overfitting. */
export const overfitScore = namePattern("overfit/{score}/{part}");
export const memorisedShare = "overfit/memorised";

/** How samples spread: as a whole, by direction of a translation, and by place. */
export const sampleFidelity = "samples/fidelity";
const samplesDiversity = "samples/diversity";
const directedDiversity = namePattern("samples/diversity/{direction}");
export const nearestShare = namePattern("samples/nearest/{place}");
export const nearShare = namePattern("samples/near/{place}");
/** The share of samples that are realistic and of a mode or class. */
export const kindShare = namePattern("samples/kind/{kind}");

/** The diversity of samples from noise, or of what images become in one direction. */
export function sampleDiversity(direction: string | null): string {
  return direction === null ? samplesDiversity : directedDiversity.name({ direction });
}

const directedMetric = namePattern("{metric}/{direction}");

/** A metric, and the direction where it is of one of several: `pair-error/BtoA`. */
export function metricLabel(metric: string, direction?: string): string {
  return direction === undefined ? metric : directedMetric.name({ metric, direction });
}

/** A detail of a metric, next to its value, by the metric's label. */
export const metricDetail = namePattern("{metric}/{detail}");
/** An entry of a detail that is a list: `accuracy/accuracyPerClass/3`. */
export const metricDetailEntry = namePattern("{metric}/{detail}/{index}");
/** The KL of one latent of a model with a bound. */
export const latentKl = namePattern("elbo/klPerLatent/{latent}");
const stderrDetail = "stderr";

/** The standard error of a metric. */
export function metricStderr(label: string): string {
  return metricDetail.name({ metric: label, detail: stderrDetail });
}

/** Whether a name is of a metric, by the metric's name: its value, its standard error or a detail. */
export function isOfMetric(name: string, metric: string): boolean {
  return scalarParts(name).owner === metric;
}

/** The same number of training items, where the name alone is that of held-out ones. */
export function ofTrainingItems(name: string): string {
  return `train/${name}`;
}

/** A name as charts take it: `owner`, `owner/quantity` or `owner/quantity/part`. */
export interface ScalarParts {
  /** What it is of: a step, a metric, `gradient`, `samples`. */
  readonly owner: string;
  /** Null where the owner is one number. */
  readonly quantity: string | null;
  /** Null where the quantity is one number. */
  readonly part: string | null;
  /** What parts of one quantity share: `owner/quantity`, or the owner alone. */
  readonly title: string;
}

export function scalarParts(name: string): ScalarParts {
  const [owner, quantity = null, part = null] = name.split("/") as [string, string?, string?];
  return { owner, quantity, part, title: quantity === null ? owner : `${owner}/${quantity}` };
}

/** What the entries of a detail are by its name: `Class` of `accuracyPerClass`; null where they are no such list. */
export function entriesOf(detail: string): string | null {
  return /Per([A-Z][a-z]+)$/.exec(detail)?.[1] ?? null;
}

/** Whether a number is the standard error of another. */
export function isStderr(name: string): boolean {
  return name.endsWith(`/${stderrDetail}`);
}

/** Whether a number is a share of samples by mode or place, one of many of its kind. */
export function isShareByPlace(name: string): boolean {
  return [modeShare, nearestShare, nearShare, kindShare].some((share) => share.parse(name) !== null);
}

const monitored: ReadonlySet<string> = new Set(["gradient", "dead", "overfit", "samples"]);

/** Whether an owner's scalars describe the training rather than the losses: gradients, dead units, samples. */
export function isMonitored(owner: string): boolean {
  return monitored.has(owner);
}

import { namePattern } from "./name-pattern.ts";

// The names of a run's scalars, in metrics.jsonl and wherever they are read. Only this module builds and parses them.

/** A scalar that a step of the model logs: its loss, `generator/loss`, or another one, `vae/kl`. */
export const stepScalar = namePattern("{step}/{scalar}");
/** The scalar that every step logs: the value that it minimises. */
export const lossScalar = "loss";

/** The Euclidean norm of a step's gradient with respect to the parameters of a net. */
export const gradientNorm = namePattern("gradient/{step}/{net}");
/** The fraction of dead units in a hidden layer: `layer1`, `layer2`, ... */
export const deadUnits = namePattern("dead/{net}/{layer}");
/** The standard error of that fraction. */
export const deadUnitsStderr = namePattern("dead/{net}/{layer}/stderr");

/** Counts over the modes that the data declare, and the fraction of samples in one mode. */
export const modeCounts = { covered: "modes/covered", captured: "modes/captured", highQuality: "modes/highQuality" };
export const modeShare = namePattern("modes/share/{mode}");

/** The earth mover's distance between samples and test items. */
export const sampleEmd = "distance/emd";

/** Mean discriminator scores on one split of the data, and other signs of overfitting. */
export const overfitScore = namePattern("overfit/{score}/{part}");
export const memorisedShare = "overfit/memorised";

/** Statistics of the samples: overall, by direction of a translation, and by region of the data. */
export const sampleFidelity = "samples/fidelity";
const samplesDiversity = "samples/diversity";
const directedDiversity = namePattern("samples/diversity/{direction}");
export const nearestShare = namePattern("samples/nearest/{place}");
export const nearShare = namePattern("samples/near/{place}");
/** The fraction of samples that are realistic and belong to a mode or class. */
export const kindShare = namePattern("samples/kind/{kind}");

/** The diversity of samples from noise, or of images translated in one direction. */
export function sampleDiversity(direction: string | null): string {
  return direction === null ? samplesDiversity : directedDiversity.name({ direction });
}

const directedMetric = namePattern("{metric}/{direction}");

/** A metric with its direction, if it has several: `pair-error/BtoA`. */
export function metricLabel(metric: string, direction?: string): string {
  return direction === undefined ? metric : directedMetric.name({ metric, direction });
}

/** A detail that a metric reports in addition to its value, named by the metric's label. */
export const metricDetail = namePattern("{metric}/{detail}");
/** An entry of a detail that is a list: `accuracy/accuracyPerClass/3`. */
export const metricDetailEntry = namePattern("{metric}/{detail}/{index}");
/** The KL term of one latent of a model with an ELBO. */
export const latentKl = namePattern("elbo/klPerLatent/{latent}");
const stderrDetail = "stderr";

/** The standard error of a metric. */
export function metricStderr(label: string): string {
  return metricDetail.name({ metric: label, detail: stderrDetail });
}

/** Whether a scalar belongs to a metric: its value, its standard error or a detail. */
export function isOfMetric(name: string, metric: string): boolean {
  return scalarParts(name).owner === metric;
}

/** The name of a scalar computed on training items; a name without this prefix is that of held-out items. */
export function ofTrainingItems(name: string): string {
  return `train/${name}`;
}

/** A name split for charts: `owner`, `owner/quantity` or `owner/quantity/part`. */
export interface ScalarParts {
  /** A step, a metric, or a group such as `gradient` or `samples`. */
  readonly owner: string;
  /** Null if the owner has a single number. */
  readonly quantity: string | null;
  /** Null if the quantity is a single number. */
  readonly part: string | null;
  /** Common title of all parts of a quantity: `owner/quantity`, or the owner alone. */
  readonly title: string;
}

export function scalarParts(name: string): ScalarParts {
  const [owner, quantity = null, part = null] = name.split("/") as [string, string?, string?];
  return { owner, quantity, part, title: quantity === null ? owner : `${owner}/${quantity}` };
}

/** The kind of entries of a list, according to its name: `Class` for `accuracyPerClass`; null for other names. */
export function entriesOf(detail: string): string | null {
  return /Per([A-Z][a-z]+)$/.exec(detail)?.[1] ?? null;
}

/** Whether a scalar is the standard error of another. */
export function isStderr(name: string): boolean {
  return name.endsWith(`/${stderrDetail}`);
}

/** Whether a scalar is the fraction of samples in one mode or region; there are many such scalars. */
export function isShareByPlace(name: string): boolean {
  return [modeShare, nearestShare, nearShare, kindShare].some((share) => share.parse(name) !== null);
}

const monitored: ReadonlySet<string> = new Set(["gradient", "dead", "overfit", "samples"]);

/** Whether the scalars of an owner monitor the training (gradients, dead units, samples) rather than being losses. */
export function isMonitored(owner: string): boolean {
  return monitored.has(owner);
}

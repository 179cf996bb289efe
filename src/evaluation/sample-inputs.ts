import { DataError, OptionError } from "../base/errors.ts";
import { type NdArray, joinRows, rows, zeros } from "../base/ndarray.ts";
import { fold, uniform } from "../base/random.ts";
import { type Dataset, type Modes, hasSides, subsampleIndices, readExact, dataWith, mnist } from "../data/index.ts";
import { type FeatureSets, type ModeHits, nearestModes } from "../metrics/index.ts";
import { type Direction, classifier } from "../models/index.ts";
import type { Gathered, Gathering, Subject } from "./metric-inputs.ts";
import { type Features, type ItemClassifier, predictClasses, plainFeatures } from "../trained/features.ts";
import { nearestDistances } from "../trained/nearest-items.ts";
import { finiteItems } from "../trained/translate.ts";
import { wayOf } from "./translation-inputs.ts";

/** What a result on samples records about these samples. */
export interface SampleFacts {
  /** Number of samples. */
  readonly samples: number;
  /** Number of real items that they are compared with. */
  readonly reference: number;
  readonly features?: { readonly id: string; readonly resize: string; readonly dimensions: number };
}

/** Default limit on the number of samples. */
const usualSamples = 10_000;

/** Items per call of the feature net. */
const atOnce = 1000;

/** How many samples to draw, and the direction for translation models. */
export interface Drawing {
  readonly asked: number | undefined;
  readonly direction: Direction | undefined;
}

/** The items that samples are compared with; for pairs, those of the target domain. */
function comparedWith(subject: Subject, data: Dataset, { direction }: Drawing, metric: string): Dataset {
  if (data.sides === undefined) {
    if (direction === undefined) return data;
    throw new OptionError(`${metric}: --direction is for image-to-image models - got ${direction}`);
  }
  return wayOf(subject, data, direction, metric).target;
}

function drawnCount(subject: Subject, { asked }: Drawing): number {
  return asked ?? Math.min(usualSamples, subject.data.size);
}

/** Samples from noise, or translations of random images of the source domain. */
async function made(subject: Subject, count: number, drawing: Drawing, metric: string): Promise<NdArray> {
  const { trained, data, key } = subject;
  if (data.sides !== undefined) {
    const { direction, source } = wayOf(subject, data, drawing.direction, metric);
    const indices = subsampleIndices(source, count, fold(key, "samples"));
    return trained.translate(await source.read(indices), direction);
  }
  if (trained.model.generator === undefined) {
    throw new DataError(`${metric}: the model does not generate samples`);
  }
  return trained.sample(fold(key, "samples"), count);
}

/** Samples of the model. @throws NotFiniteError for values that are not finite. */
function drawItems(gathering: Gathering, drawing: Drawing, metric: string): Promise<NdArray> {
  const { subject } = gathering;
  const count = drawnCount(subject, drawing);
  return gathering.once(`drawn ${count} ${drawing.direction}`, async () => {
    return finiteItems(await made(subject, count, drawing, metric), `${metric}: samples`);
  });
}

/** All items to measure on, in random order. */
function referenceItems(gathering: Gathering, drawing: Drawing, metric: string): Promise<NdArray> {
  const { subject } = gathering;
  const data = comparedWith(subject, subject.data, drawing, metric);
  return gathering.once(`reference ${drawing.direction}`, async () =>
    readExact(data, subsampleIndices(data, data.size, fold(subject.key, "reference"))),
  );
}

/** Random training items, as many as there are samples, or all; undefined if the training data are not available. */
async function realItems(gathering: Gathering, drawing: Drawing, metric: string): Promise<NdArray | undefined> {
  const { subject } = gathering;
  if (subject.training === undefined) return undefined;
  const training = comparedWith(subject, subject.training, drawing, metric);
  const count = drawnCount(subject, drawing);
  return gathering.once(`real ${count} ${drawing.direction}`, async () =>
    readExact(training, subsampleIndices(training, count, fold(subject.key, "real"))),
  );
}

/** @throws DataError for points. */
export async function gatherImages(
  gathering: Gathering,
  drawing: Drawing,
  metric: string,
): Promise<Gathered<"samples">> {
  const { data } = gathering.subject;
  if (data.kind === "points") throw new DataError(`${metric}: needs images - got points in ${data.name}`);
  const generated = await drawItems(gathering, drawing, metric);
  const reference = await referenceItems(gathering, drawing, metric);
  const real = await realItems(gathering, drawing, metric);
  return {
    inputs: { generated, reference },
    real: real && { generated: real, reference },
    facts: { samples: generated.shape[0]!, reference: data.size },
  };
}

/**
 * Features of samples, reference items and training items.
 * @param otherwise Replacement for features of images without a feature net; if not given, images are refused.
 */
export async function gatherFeatures(
  gathering: Gathering,
  drawing: Drawing,
  metric: string,
  otherwise?: "pixels",
): Promise<Gathered<"features">> {
  const { subject } = gathering;
  const features =
    subject.features ??
    (otherwise === "pixels" ? plainFeatures(subject.data.kind) : plainPoints(subject, drawing, metric));
  const of = (name: string, items: NdArray) =>
    gathering.once(`features ${features.id} ${name} ${items.shape[0]} ${drawing.direction}`, () =>
      featuresOf(features, items),
    );
  const generated = await of("drawn", await drawItems(gathering, drawing, metric));
  const reference = await of("reference", await referenceItems(gathering, drawing, metric));
  if (subject.features !== undefined) requireVaried(reference, features.id);
  const items = await realItems(gathering, drawing, metric);
  const real = items && (await of("real", items));
  const sets = (own: NdArray): FeatureSets => ({ generated: own, reference, key: fold(subject.key, "features") });
  const { id, resize } = features;
  return {
    inputs: sets(generated),
    real: real && sets(real),
    facts: {
      samples: generated.shape[0]!,
      reference: reference.shape[0]!,
      features: { id, resize, dimensions: generated.shape[1]! },
    },
  };
}

/** @throws DataError for features that are equal for all items, which could not tell one model from another. */
function requireVaried({ data, shape }: NdArray, id: string): void {
  const [n, d] = shape as [number, number];
  if (n < 2 || data.some((value, i) => value !== data[i % d])) return;
  throw new DataError(
    `features must differ between items, but those of all ${n} real items are equal: ${id}`,
    "does it get images in the right range (--feature-range), and return numbers rather than a class?",
  );
}

async function featuresOf(features: Features, items: NdArray): Promise<NdArray> {
  const parts: NdArray[] = [];
  for (let start = 0; start < items.shape[0]!; start += atOnce) {
    parts.push(await features.of(rows(items, start, Math.min(items.shape[0]!, start + atOnce))));
  }
  const vectors = joinRows(parts);
  const at = vectors.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return vectors;
  const d = vectors.shape[1]!;
  throw new DataError(
    `features must be finite numbers - got ${vectors.data[at]} in feature ${at % d} of item ${Math.floor(at / d)}, of ${features.id}`,
  );
}

function plainPoints(subject: Subject, drawing: Drawing, metric: string): Features {
  const { data, trained } = subject;
  if (data.kind === "points") return plainFeatures("points", trained.model.scale);
  const compared = comparedWith(subject, data, drawing, metric);
  throw new DataError(
    `${metric}: images need --features, the feature space to compare them in`,
    compared.labels === null
      ? "pass an ONNX file from images to features; these images have no labels to train a classifier on"
      : `train a classifier on the same data (zaya train classifier --data DATA${domainFlag(data, compared)} --out runs/classifier) and add --features runs/classifier, or pass an ONNX file`,
  );
}

/** Option that selects the compared items of data with two domains. */
function domainFlag(data: Dataset, compared: Dataset): string {
  return hasSides(data) ? ` --domain ${compared === data.sides.a ? "A" : "B"}` : "";
}

/** @throws DataError when the training items are not available. */
export async function gatherNearest(
  gathering: Gathering,
  drawing: Drawing,
  metric: string,
): Promise<Gathered<"nearest">> {
  const { trained, training } = gathering.subject;
  if (training === undefined) {
    throw new DataError(`${metric}: needs the training items of the model`);
  }
  const learned = comparedWith(gathering.subject, training, drawing, metric);
  const to = (items: NdArray) => nearestDistances(trained.engine, items, learned);
  const generated = await to(await drawItems(gathering, drawing, metric));
  const heldOut = await to(await referenceItems(gathering, drawing, metric));
  const half = Math.floor(heldOut.length / 2);
  return {
    inputs: { generated, heldOut },
    // Training items have distance 0 to themselves, so for the floor one half of the held-out items replaces samples.
    real: { generated: heldOut.slice(0, half), heldOut: heldOut.slice(half) },
    facts: { samples: generated.length, reference: heldOut.length },
  };
}

/** @throws DataError for data without known modes, and for digits without a classifier. */
export async function gatherModes(gathering: Gathering, drawing: Drawing, metric: string): Promise<Gathered<"modes">> {
  const { subject } = gathering;
  const { modes, name, size } = subject.data;
  if (modes === undefined) {
    throw new DataError(
      `${metric}: the data must declare modes - got ${name}, which does not`,
      `known data with modes: ${dataWith("modes")}`,
    );
  }
  const drawn = await drawItems(gathering, drawing, metric);
  const real = await realItems(gathering, drawing, metric);
  const samples = drawn.shape[0]!;
  const facts = { samples, reference: real?.shape[0] ?? 0 };
  if (modes.kind === "centers") {
    const hits = (items: NdArray) => ({ ...nearestModes(items, modes), noise: null });
    return { inputs: hits(drawn), real: real && hits(real), facts };
  }
  const digits = digitClassifier(subject, modes, metric);
  const noise = uniform(fold(subject.key, "noise"), [Math.min(samples, size), ...subject.data.shape]);
  const ofNoise = (await digitModes(noise, modes, digits)).nearest;
  const hits = async (items: NdArray) => ({ ...(await digitModes(items, modes, digits)), noise: ofNoise });
  const { id, resize } = subject.features!;
  return {
    inputs: await hits(drawn),
    real: real && (await hits(real)),
    facts: { ...facts, features: { id, resize, dimensions: digits.classes } },
  };
}

/** @throws DataError without a classifier of transformations. */
export async function gatherTransforms(
  gathering: Gathering,
  drawing: Drawing,
  metric: string,
): Promise<Gathered<"transforms">> {
  const { features, data } = gathering.subject;
  if (features?.transforms === undefined) {
    throw new DataError(
      `${metric}: --features must be a classifier of transformations - got ${features?.id ?? "none"}`,
      `train one: zaya train ${classifier.definition.name} --task transform --data DATA${domainFlag(data, comparedWith(gathering.subject, data, drawing, metric))} --out runs/turns, and add --features runs/turns`,
    );
  }
  const { id, resize, transforms } = features;
  const { names } = transforms;
  const predicted = async (items: NdArray) => ({ predicted: await predictClasses(transforms, items), names });
  const generated = await drawItems(gathering, drawing, metric);
  return {
    inputs: await predicted(generated),
    // The classifier was trained on transformed training items, so reference items are used for the floor.
    real: await predicted(await referenceItems(gathering, drawing, metric)),
    facts: {
      samples: generated.shape[0]!,
      reference: data.size,
      features: { id, resize, dimensions: names.length },
    },
  };
}

type Digits = Extract<Modes, { kind: "digits" }>;

function digitClassifier({ features }: Subject, { classes }: Digits, metric: string): ItemClassifier {
  if (features?.classifier?.classes === classes) return features.classifier;
  const got = features === undefined ? "none" : `${features.id}, of ${features.classifier?.classes ?? "no"} classes`;
  throw new DataError(
    `${metric}: --features must be a classifier of the ${classes} digits - got ${got}`,
    `train one: zaya train ${classifier.definition.name} --data ${mnist.name} --out runs/digits, and add --features runs/digits`,
  );
}

/**
 * The mode of each image: the class of each channel as a grey image, with the first channel as the most significant
 * digit.
 */
async function digitModes(
  images: NdArray,
  { channels, classes }: Digits,
  classifier: ItemClassifier,
): Promise<ModeHits> {
  const n = images.shape[0]!;
  const nearest = new Int32Array(n);
  for (let channel = 0; channel < channels; channel++) {
    const predicted = await predictClasses(classifier, images, (part) => channelOf(part, channel));
    predicted.forEach((label, i) => (nearest[i] = nearest[i]! * classes + label));
  }
  return { count: classes ** channels, nearest, good: new Uint8Array(n).fill(1) };
}

function channelOf({ shape, data }: NdArray, channel: number): NdArray {
  const out = zeros([...shape.slice(0, 3), 1]);
  const channels = shape[3]!;
  for (let i = 0; i < out.data.length; i++) out.data[i] = data[i * channels + channel]!;
  return out;
}

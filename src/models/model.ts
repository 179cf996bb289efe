import type { z } from "zod";
import type { Shape } from "../base/ndarray.ts";
import type { PointScale } from "../base/point-scale.ts";
import { parseOptions } from "../base/options.ts";
import type { Tree } from "../base/tree.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Context, Layer, NoiseKind } from "../nn/index.ts";
import type { Boundary } from "../objectives/index.ts";
import type { Optimizer, Schedule, Slots } from "../optim/index.ts";
import type { ItemTransform } from "../transforms/index.ts";

/** What a model needs to know about the data before its nets can be built. */
export interface DataInfo {
  readonly kind: "image" | "points" | "pair";
  /** Shape of one item: [h, w, c], [d], or [2, h, w, c] for a pair of images. */
  readonly shape: Shape;
  /** Number of classes if the data have labels; labels are whole numbers below it. */
  readonly classes?: number;
  /** Number of training items. */
  readonly items?: number;
  /** For points in arbitrary units: the scale that standardises their coordinates to mean 0 and standard deviation 1. */
  readonly scale?: PointScale;
}

/** Name of one item among the inputs and outputs of maps. */
export function itemName({ kind }: Pick<DataInfo, "kind">): "image" | "point" {
  return kind === "points" ? "point" : "image";
}

/** A net inside a graph: a layer with its parameters at that point. */
export interface Net {
  (x: Tensor): Tensor;
  readonly params: Tree<Tensor>;
  /** The same net with other parameters; running statistics are not updated. */
  with(params: Tree<Tensor>): Net;
}

/** Nets of a model by name. */
export type Nets = Readonly<Record<string, Net>>;

/** Context of a whole model's graph: the context of a layer, plus the nets. */
export interface Scope extends Context {
  readonly nets: Nets;
}

/** Context of a step's loss. */
export interface StepScope extends Scope {
  /**
   * Labels of the batch, one-hot [n, classes]. Data without labels, or with more classes, are refused before the first
   * step.
   */
  labels(classes: number): Tensor;
  /**
   * A value shared by the steps of one iteration: the first step that requests it computes it with `make`, before its nets are
   * updated; later steps get it as a constant. Each step may request it at most once.
   */
  carry(name: string, make: () => Tensor): Tensor;
  /**
   * The optimizer of another step for one of its nets, with its current state. Unrolled losses differentiate through
   * it.
   */
  optimizerOf(step: string, net: string): UnrolledOptimizer;
}

/** An optimizer whose updates are part of the graph, so that gradients flow through them. */
export interface UnrolledOptimizer {
  readonly slots: Slots<Tensor>;
  /** Parameters after one more update, `ahead` updates from now. */
  update(
    params: Tree<Tensor>,
    grads: Tree<Tensor>,
    slots: Slots<Tensor>,
    ahead: number,
  ): { readonly params: Tree<Tensor>; readonly slots: Slots<Tensor> };
}

/** The loss of a step and what it logs. */
export interface Losses {
  /** Scalar that the step minimises. */
  readonly loss: Tensor;
  /** Scalars to log, by name; the step must declare them. */
  readonly logs?: Readonly<Record<string, Tensor>>;
}

/**
 * One update of one or more nets. The steps of a model follow each other in one graph, each with the parameters that
 * the earlier ones updated.
 */
export interface TrainStep {
  readonly name: string;
  /** Nets whose parameters the step updates; all others are constants to it. */
  readonly updates: readonly string[];
  /** Optimizer of one of its nets; the learning rate is a function of the number of updates. */
  optimizer(rate: Schedule, net: string): Optimizer;
  /** Names of the scalars logged in addition to the loss. If given, a step that logs others is refused. */
  readonly scalars?: readonly string[];
  /** Number of updates in a row, each on its own batch. */
  readonly repeat?: number;
  /** Number of additional updates, each on its own batch, made before the other steps of this iteration. */
  before?(step: number): number;
  loss(batch: Tensor, scope: StepScope): Losses;
}

/** A part of the run in which only some of the steps are executed; stages follow each other. */
export interface Stage {
  /** Names of the steps of this stage. */
  readonly steps: readonly string[];
  /** Its share of the run, relative to the shares of the other stages. */
  readonly share: number;
  /** Sampling weights of the training items, computed from the output [n, 1] of a map; uniform if not given. */
  readonly weigh?: {
    readonly map: string;
    readonly input: string;
    readonly output: string;
    /** @returns One weight per item, nonnegative, with sum 1. */
    weights(values: Float64Array): Float64Array;
  };
}

/**
 * A function of a trained model from named arrays to named arrays; each becomes one ONNX file. Names mean the same in
 * every model: `image` or `point` is an item, `pack` several items, `z` a code, `noise` the input of a sampler, `mean`
 * and `logvar` the parameters of q(z | x), `probabilities` those of its categories, `score` the output of a
 * discriminator, `logits` and `features` those of a classifier, `translation` an image in the other domain, and
 * `source` the image that it was translated from.
 */
export interface NetMap {
  /** Shape of one item of each input; images are [h, w, c]. */
  readonly inputs: Readonly<Record<string, Shape>>;
  outputs(inputs: Readonly<Record<string, Tensor>>, scope: Scope): Readonly<Record<string, Tensor>>;
}

/** How to sample: noise of this kind and shape, passed through a map. */
export interface Generator {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  readonly noise: NoiseKind;
  readonly shape: Shape;
}

/** How to encode an item: an output of a map. */
export interface Encoder {
  readonly map: string;
  readonly input: string;
  readonly output: string;
}

/** How to decode a code into an item. */
export interface Decoder {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /** Whether a latent traversal, changing one number of a code at a time, is meaningful. */
  readonly traversable: boolean;
}

/**
 * How to score items: an output [n, 1] of a map, a logit or a critic's value, larger for real items. Its input is
 * items, or packs of items [n, packing, ...].
 */
export interface Discriminator {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /** Number of items scored jointly, all real or all generated; default 1. */
  readonly packing?: number;
  /** Decision boundary of the scores; null where only differences of scores have a meaning. */
  readonly boundary: Boundary | null;
}

/**
 * How to classify items: a map from items to logits [n, classes] and to the features [n, d] of the last hidden layer.
 */
export interface Classifier {
  /**
   * The transformations that are the classes, the identity first; not given if the classes are the labels of the data.
   */
  readonly transforms?: readonly ItemTransform[];
  readonly map: string;
  readonly input: string;
  readonly logits: string;
  readonly features: string;
  readonly classes: number;
}

/** Both directions of translation. */
export const directions = ["AtoB", "BtoA"] as const;
/** Direction of translation between the two domains. */
export type Direction = (typeof directions)[number];

/** How to translate images: a map from images to images of the same shape. */
export interface Translator {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /**
   * Discriminator of the target domain: an output [n, 1] of a map. `source` names the input for the source image, if
   * the discriminator is conditional.
   */
  readonly discriminator?: {
    readonly map: string;
    readonly input: string;
    readonly source?: string;
    readonly output: string;
  };
}

/** A model with a tractable lower bound on log p(x). */
export interface Likelihood {
  /**
   * Terms of the negative ELBO for one sample of z per item, in nats: recon [n] and KL by latent dimension [n, d]; and
   * the posterior mean [n, d].
   */
  terms(x: Tensor, scope: Scope): { readonly recon: Tensor; readonly klPerLatent: Tensor; readonly mean: Tensor };
  /** Log importance weights log p(x, z) - log q(z | x) in nats, for `samples` samples of z: [samples, n]. */
  logWeights(x: Tensor, samples: number, scope: Scope): Tensor;
  /** The KL value in nats that training aims at after `step` steps, if the KL term is constrained. */
  targetKl?(step: number): number;
}

/** A net that is trained against a discriminator. */
export interface AdversarialRole {
  readonly net: string;
  /** Name of the step that trains the net. */
  readonly step: string;
  /** Name of the step that trains its discriminator. */
  readonly discriminator: string;
  /** Name of that step's accuracy scalar (0.5: chance, 1: perfect); null for a critic. */
  readonly accuracy: string | null;
}

/** A change of one option that may help when training fails. */
export interface Remedy {
  readonly option: string;
  /** Names of the symptoms that it is for (`src/diagnosis/symptoms/index.ts`). */
  readonly against: readonly string[];
  /**
   * The value to try, or a function of the spread (distance between two real items in one coordinate) that returns it;
   * null if none applies.
   */
  readonly value: string | number | ((spread: number) => number | null);
  readonly reason: string;
  /** The nets to which it applies; all by default. */
  readonly nets?: readonly string[];
}

/**
 * A model built for data of one shape. It declares which steps to train and in which order; the trainer is the same for
 * all models.
 */
export interface Model {
  readonly nets: Readonly<Record<string, Layer>>;
  readonly steps: readonly TrainStep[];
  /** Stages of training, in order; if not given, all steps are executed throughout. */
  readonly stages?: readonly Stage[];
  /** An option with which the size of a step's graph grows, and the same model at another value of it. */
  readonly growth?: { readonly option: string; readonly value: number; at(value: number): Model };
  /** The batch size must be a multiple of this number; default 1. */
  readonly batchMultiple?: number;
  readonly maps: Readonly<Record<string, NetMap>>;
  readonly generator?: Generator;
  readonly encoder?: Encoder;
  readonly decoder?: Decoder;
  readonly discriminator?: Discriminator;
  readonly classifier?: Classifier;
  readonly translators?: Readonly<Partial<Record<Direction, Translator>>>;
  /** Running statistics that hold generated images, flat [k, h * w * c] in [-1, 1], by display name. */
  readonly kept?: Readonly<Record<string, { readonly net: string; readonly stat: string; readonly shape: Shape }>>;
  readonly likelihood?: Likelihood;
  /**
   * Nets trained against discriminators; empty if no net learns from one. Samples of adversarial models are evaluated
   * at the end of a run. Samples of a model with a bound are not: the decoder returns the mean of p(x | z), which is
   * less diverse than the data.
   */
  readonly adversarial?: readonly AdversarialRole[];
  /** Nets whose hidden layers are plain ReLUs (slope 0 below 0). */
  readonly reluNets?: readonly string[];
  /**
   * Options to change when training fails, the likeliest cause first. Remedies that the run already uses are skipped.
   */
  readonly remedies?: readonly Remedy[];
  /**
   * If given, steps and likelihood take points standardised by it, while maps take and return points in the units of
   * the data (`inUnits`).
   */
  readonly scale?: PointScale;
  /** The same maps for standardised points, if `scale` is given. */
  readonly standardMaps?: Readonly<Record<string, NetMap>>;
  /** Scalar measured on held-out items during training that selects the best checkpoint. */
  readonly bestBy?: { readonly scalar: string; readonly better: "lower" | "higher" };
}

/** Training defaults of a recipe, where they differ from the general ones. */
export interface TrainingDefaults {
  readonly batch: number;
  /**
   * Epochs, but at least `minSteps` steps so that small data sets are trained long enough; or a fixed number of steps.
   */
  readonly length: { readonly epochs: number; readonly minSteps: number } | { readonly steps: number };
  readonly learningRate: number;
  readonly schedule?: "constant" | "linear" | "constant-linear" | "cosine";
  readonly rateEnd?: number;
}

/** A recipe, selected by its name in `zaya train NAME`. */
export interface ModelDefinition<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  /** The paper. */
  readonly source: string;
  readonly options: Schema;
  /** Data that it learns from: items of one kind (default), unpaired images of two domains, or aligned pairs. */
  readonly learnsFrom?: "items" | "domains" | "aligned pairs";
  readonly defaults: TrainingDefaults;
  /** Training defaults for points, if they differ from those for images. */
  readonly pointDefaults?: TrainingDefaults;
  /**
   * Data sets, as `--data` takes them, on which it is trained if none is given: the first one that is installed, or the
   * first of all. Needed only if the general default (`defaultData` in `src/node/named-data.ts`) does not suit it.
   */
  readonly defaultData?: readonly [string, ...string[]];
  /** Fills in options whose defaults depend on the data; the config of a new run records them. */
  resolve?(options: z.output<Schema>, data: DataInfo): z.output<Schema>;
  /**
   * Builds the nets and steps.
   * @throws OptionError when the options do not fit the data or each other.
   */
  build(options: z.output<Schema>, data: DataInfo): Model;
}

/** A recipe with chosen options. */
export interface ConfiguredModel extends Recipe {
  readonly options: Readonly<Record<string, unknown>>;
}

/** A recipe as returned by `defineModel`, with or without chosen options. */
export interface Recipe {
  readonly definition: ModelDefinition;
}

/** An argument that is optional if all of its properties are optional. */
type OptionalIfEmpty<Options> = {} extends Options ? [options?: Options] : [options: Options];

/**
 * Defines a recipe as a function: `vae({ latent: 10 })`. `Options` can be a documented interface of the options that
 * the schema accepts.
 * @returns The recipe. Calling it throws OptionError for invalid options.
 */
export function defineModel<Schema extends z.ZodObject, Options extends z.input<Schema> = z.input<Schema>>(
  definition: ModelDefinition<Schema>,
) {
  const configure = (...[options]: OptionalIfEmpty<Options>): ConfiguredModel => ({
    definition: definition as unknown as ModelDefinition,
    options: parseOptions(definition.options, options ?? {}, definition.name),
  });
  return Object.assign(configure, { definition: definition as unknown as ModelDefinition });
}

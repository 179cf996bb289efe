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

/** What a model must know of the data before its nets can be built. */
export interface DataInfo {
  readonly kind: "image" | "points" | "pair";
  /** Shape of one item: [h, w, c], [d], or of a pair of images [2, h, w, c]. */
  readonly shape: Shape;
  /** How many classes the items are of, where they have labels: whole numbers below it. */
  readonly classes?: number;
  /** How many items there are to train on. */
  readonly items?: number;
  /** Of points in units of their own: what makes their coordinates of mean 0 and deviation 1. */
  readonly scale?: PointScale;
}

/** What one item is called among the inputs and outputs of maps. */
export function itemName({ kind }: Pick<DataInfo, "kind">): "image" | "point" {
  return kind === "points" ? "point" : "image";
}

/** A net inside a graph: its layer with the parameters that it has at that place. */
export interface Net {
  (x: Tensor): Tensor;
  readonly params: Tree<Tensor>;
  /** The same net with other parameters; it leaves the running statistics as they are. */
  with(params: Tree<Tensor>): Net;
}

/** Nets of a model by name. */
export type Nets = Readonly<Record<string, Net>>;

/** Context of a whole model's graph: that of a layer, and the nets. */
export interface Scope extends Context {
  readonly nets: Nets;
}

/** What a loss may ask for in addition. */
export interface StepScope extends Scope {
  /**
   * The classes of the batch's items, one-hot [n, classes]. Data without labels, or with more classes, are refused before
   * the first step.
   */
  labels(classes: number): Tensor;
  /**
   * What `make` gives to the first step that asks, before its nets move; what it gave, as a number, to the steps after it.
   * Asked for once a step.
   */
  carry(name: string, make: () => Tensor): Tensor;
  /** The optimizer of another step on one of its nets, with the state that it has now: unrolled losses go through it. */
  optimizerOf(step: string, net: string): UnrolledOptimizer;
}

/** An optimizer whose updates are part of a graph, so that gradients pass through them. */
export interface UnrolledOptimizer {
  readonly slots: Slots<Tensor>;
  /** The parameters after one more update, `ahead` updates from now. */
  update(
    params: Tree<Tensor>,
    grads: Tree<Tensor>,
    slots: Slots<Tensor>,
    ahead: number,
  ): { readonly params: Tree<Tensor>; readonly slots: Slots<Tensor> };
}

/** What a step minimises, and what it logs. */
export interface Losses {
  /** The scalar that the step makes smaller. */
  readonly loss: Tensor;
  /** Scalars to log, by name: those that the step declares. */
  readonly logs?: Readonly<Record<string, Tensor>>;
}

/** One player's move. Steps of a model follow each other inside one graph, each seeing what the earlier ones changed. */
export interface TrainStep {
  readonly name: string;
  /** Nets whose parameters it changes; all others are constants to it. */
  readonly updates: readonly string[];
  /** The rule for one of its nets, at a learning rate by count of updates. */
  optimizer(rate: Schedule, net: string): Optimizer;
  /** Names of the scalars that it logs beside its loss. Where given, a step that logs others is refused. */
  readonly scalars?: readonly string[];
  /** Moves in a row, each on a batch of its own. */
  readonly repeat?: number;
  /** Additional updates of this step, each on a batch of its own, before all others of the model's step with this count. */
  before?(step: number): number;
  loss(batch: Tensor, scope: StepScope): Losses;
}

/** A training of its own within a run, after those before it. */
export interface Stage {
  /** Names of the steps that are made in it. */
  readonly steps: readonly string[];
  /** Its part of the run's steps, beside the parts of the other stages. */
  readonly share: number;
  /** How likely a training item is to be drawn, by what a map says of it [n, 1]; all alike where not given. */
  readonly weigh?: {
    readonly map: string;
    readonly input: string;
    readonly output: string;
    /** @returns Not negative, one for each item; their sum is 1. */
    weights(values: Float64Array): Float64Array;
  };
}

/**
 * A function of a trained model from named arrays to named arrays, each of which becomes one ONNX file. The names mean the
 * same everywhere: `image` or `point` is an item, `pack` several, `z` a code, `noise` what a sampler draws from, `mean` and
 * `logvar` are of q(z | x), `probabilities` of its categories, `score` is a discriminator's, `logits` and `features` are a
 * classifier's, `translation` is an image in the other domain and `source` what it was made from.
 */
export interface NetMap {
  /** Shape of one item of each input; images are [h, w, c]. */
  readonly inputs: Readonly<Record<string, Shape>>;
  outputs(inputs: Readonly<Record<string, Tensor>>, scope: Scope): Readonly<Record<string, Tensor>>;
}

/** How to draw: noise of this kind and item shape through a map. */
export interface Generator {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  readonly noise: NoiseKind;
  readonly shape: Shape;
}

/** How to find the code of an item: a map's output. */
export interface Encoder {
  readonly map: string;
  readonly input: string;
  readonly output: string;
}

/** How to make an item from a code. */
export interface Decoder {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /** Whether moving one number of a code by itself means something. */
  readonly traversable: boolean;
}

/**
 * How real items look to the model: a map's output [n, 1], a logit or a critic's value, larger for real. Its input is items,
 * or packs of them [n, packing, ...].
 */
export interface Discriminator {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /** Items that it judges together, all real or all generated; 1 where not given. */
  readonly packing?: number;
  /** Null where only differences of scores mean something. */
  readonly boundary: Boundary | null;
}

/** How to tell the class of an item: a map from items to logits [n, classes] and to the features [n, d] that they are read off. */
export interface Classifier {
  /** What the classes are, where they are not those of the data's labels: what was done to an item, first nothing. */
  readonly transforms?: readonly ItemTransform[];
  readonly map: string;
  readonly input: string;
  readonly logits: string;
  readonly features: string;
  readonly classes: number;
}

/** From the first domain of pairs to the second, and back. */
export const directions = ["AtoB", "BtoA"] as const;
/** From domain A to B, or from B to A. */
export type Direction = (typeof directions)[number];

/** How to turn images of one domain into images of the other: a map from images to as large images. */
export interface Translator {
  readonly map: string;
  readonly input: string;
  readonly output: string;
  /**
   * How real an image of the domain that it ends in looks: a map's output [n, 1]. `source` is the input for the image that it
   * was made from, of a judge that sees both.
   */
  readonly judge?: {
    readonly map: string;
    readonly input: string;
    readonly source?: string;
    readonly output: string;
  };
}

/** A model with a tractable bound on log p(x). */
export interface Likelihood {
  /**
   * The parts of the negative bound for one draw of z, in nats: recon [n], and KL by latent dimension [n, d]; and the
   * posterior mean [n, d].
   */
  terms(x: Tensor, scope: Scope): { readonly recon: Tensor; readonly klPerLatent: Tensor; readonly mean: Tensor };
  /** log p(x, z) - log q(z | x) in nats for `samples` draws of z: [samples, n]. */
  logWeights(x: Tensor, samples: number, scope: Scope): Tensor;
  /** The KL in nats that training holds the model to after so many steps; not given where it is held to none. */
  targetKl?(step: number): number;
}

/** A net that learns from what a discriminator says of the items that it generates. */
export interface AdversarialRole {
  readonly net: string;
  /** The step that trains it. */
  readonly step: string;
  /** The step that trains its discriminator. */
  readonly discriminator: string;
  /** The scalar of that step that is the discriminator's accuracy, 0.5 for guesses and 1 for no mistake; null for a critic. */
  readonly accuracy: string | null;
}

/** A change of one option that may help a run in which training fails. */
export interface Remedy {
  readonly option: string;
  /** Names of the symptoms that it is for (`src/diagnosis/index.ts`). */
  readonly against: readonly string[];
  /** The value to try, or that by how far two real items are apart in one number; null where that tells none. */
  readonly value: string | number | ((spread: number) => number | null);
  readonly reason: string;
  /** The nets that it is about, where it is not about all of them. */
  readonly nets?: readonly string[];
}

/** A model built for data of one shape. It has no trainer of its own: it says what to train, and in which order. */
export interface Model {
  readonly nets: Readonly<Record<string, Layer>>;
  readonly steps: readonly TrainStep[];
  /** Trainings one after the other; where not given, all steps are made all the time. */
  readonly stages?: readonly Stage[];
  /** An option by whose value a step's graph grows in proportion, and the same model at another value of it. */
  readonly growth?: { readonly option: string; readonly value: number; at(value: number): Model };
  /** A batch holds a whole number of times so many items; 1 where not given. */
  readonly batchMultiple?: number;
  readonly maps: Readonly<Record<string, NetMap>>;
  readonly generator?: Generator;
  readonly encoder?: Encoder;
  readonly decoder?: Decoder;
  readonly discriminator?: Discriminator;
  readonly classifier?: Classifier;
  readonly translators?: Readonly<Partial<Record<Direction, Translator>>>;
  /** Running statistics that hold generated images, flat [k, h * w * c] in [-1, 1], by what to call them. */
  readonly kept?: Readonly<Record<string, { readonly net: string; readonly stat: string; readonly shape: Shape }>>;
  readonly likelihood?: Likelihood;
  /**
   * Who learns from which discriminator, of models whose nets play against each other; empty where none of them listens. Their
   * samples are looked at: what a model with a bound makes of a code is a mean, less diverse than items are.
   */
  readonly adversarial?: readonly AdversarialRole[];
  /** Nets whose hidden layers are ReLUs, without a slope below 0. */
  readonly reluNets?: readonly string[];
  /** Options to change where training fails, the likeliest cause first; a remedy that the run has already is left out. */
  readonly remedies?: readonly Remedy[];
  /** Where steps and likelihood take points standardised by it, and maps in the units of the data (`inUnits`). */
  readonly scale?: PointScale;
  /** With a scale: its maps as they take and give standardised points. */
  readonly standardMaps?: Readonly<Record<string, NetMap>>;
  /** What is measured on held-out items while a run goes on, by its name among the run's numbers, and tells its best checkpoint. */
  readonly bestBy?: { readonly scalar: string; readonly better: "lower" | "higher" };
}

/** How a recipe is trained where nothing is said, where that is not as for every recipe. */
export interface TrainingDefaults {
  readonly batch: number;
  /** Passes over the data, or as many steps as a few images need to show something; or steps whatever the size. */
  readonly length: { readonly epochs: number; readonly minSteps: number } | { readonly steps: number };
  readonly learningRate: number;
  readonly schedule?: "constant" | "linear" | "constant-linear" | "cosine";
  readonly rateEnd?: number;
}

/** A recipe: what `zaya train NAME` names. */
export interface ModelDefinition<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  /** The paper. */
  readonly source: string;
  readonly options: Schema;
  /**
   * What it learns from: items of one kind, where not given; two domains of images; or pairs of which either is the truth
   * of the other.
   */
  readonly learnsFrom?: "items" | "domains" | "aligned pairs";
  readonly defaults: TrainingDefaults;
  /** The same for points, where they are others than for images. */
  readonly pointDefaults?: TrainingDefaults;
  /** Options that follow from the data where they are not given, filled in: the config of a new run holds them. */
  resolve?(options: z.output<Schema>, data: DataInfo): z.output<Schema>;
  /** @throws OptionError when the options do not fit the data or each other. */
  build(options: z.output<Schema>, data: DataInfo): Model;
}

/** A recipe with its options chosen. */
export interface ConfiguredModel extends Recipe {
  readonly options: Readonly<Record<string, unknown>>;
}

/** A recipe as `defineModel` gives it, its options chosen or not. */
export interface Recipe {
  readonly definition: ModelDefinition;
}

/** An argument that may be left out where nothing in it is required. */
type OptionalIfEmpty<Options> = {} extends Options ? [options?: Options] : [options: Options];

/**
 * A recipe as a function: `vae({ latent: 10 })`. `Options` may name what the schema takes by an interface that is documented.
 * @throws OptionError for options that are not valid.
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

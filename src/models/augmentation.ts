import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { scalar } from "../base/ndarray.ts";
import { choiceField, numberField } from "../base/options.ts";
import { type Tensor, constant, staticDim } from "../graph/tensor.ts";
import { adaptiveProbability } from "../nn/index.ts";
import type { Boundary } from "../objectives/index.ts";
import { mean, mul, sign, sub } from "../ops/index.ts";
import { type ItemTransform, diffAugment, diffAugmentDraws, transformedAtRandom } from "../transforms/index.ts";
import type { DataInfo, Model, Remedy, Scope } from "./model.ts";
import { chosenSets, chosenTransforms, transformsField } from "./transforms-option.ts";
import type { View } from "./views.ts";

/** Augmentation of the discriminator's inputs. */
export interface Augmentation {
  /** The first view is that of the main head, whose scores are logged as the discriminator's. */
  readonly views: readonly View[];
  /** Nets without parameters, which hold the state of adaptive augmentation. */
  readonly nets: Model["nets"];
  /** Names of the scalars logged in a discriminator step. */
  readonly scalars: readonly string[];
  /**
   * Updates the augmentation in a discriminator step, from the main head's scores [n, ..., 1] of real items. @returns
   * Scalars to log.
   */
  adapt(real: Tensor, scope: Scope): Record<string, Tensor>;
}

/** Augmentation options of every model with a discriminator. */
export const augmentationOptions = {
  augment: choiceField(
    "augmentation of the discriminator's inputs: real-only (real items only; leaks into samples), dag (one head per transformation), diffaugment (colour, translation and cutout of real and generated items), ada (--transforms of real and generated items, with adaptive probability p)",
    ["none", "real-only", "dag", "diffaugment", "ada"],
  ).default("none"),
  transforms: transformsField("transformations for real-only, dag and ada"),
  lambdaU: numberField("weight of the extra heads of dag in the discriminator's loss (lambda_u) (default: 0.2)", {
    min: 0,
  }).optional(),
  lambdaV: numberField("weight of the extra heads of dag in the generator's loss (lambda_v) (default: 0.2)", {
    min: 0,
  }).optional(),
};

/** Remedy: augmentation of the discriminator's inputs, for images and if there is none. For few points, dag did not help. */
export function augmentationRemedies(augment: Chosen["augment"], kind: DataInfo["kind"]): Remedy[] {
  if (augment !== "none" || kind === "points") return [];
  return [
    {
      option: "augment",
      against: ["overfitting"],
      value: "dag",
      reason: "one head per transformation makes it harder for the discriminator to memorise training images",
    },
  ];
}

const schema = z.object(augmentationOptions);
type Chosen = z.output<typeof schema>;

/** The value in the authors' examples. */
const usualLambda = 0.2;

export interface AugmentedGame {
  readonly data: DataInfo;
  /** Decision boundary of the scores; null where single scores have no meaning (critics). */
  readonly boundary: Boundary | null;
  /** Number of items that are scored jointly. */
  readonly packing: number;
  /** Suffix of the nets' names, for models with several generator-discriminator pairs. */
  readonly suffix: string;
}

interface Kind {
  /** Options that apply to this augmentation; others are refused. */
  readonly takes: readonly Exclude<keyof Chosen, "augment">[];
  build(chosen: Chosen, of: AugmentedGame): Augmentation;
}

const kinds: Readonly<Record<Chosen["augment"], Kind>> = {
  none: { takes: [], build: () => oneView(asTheyAre, asTheyAre) },
  "real-only": {
    takes: ["transforms"],
    build: ({ transforms }, { data }) => oneView(atRandom(chosenTransforms(data, transforms)), asTheyAre),
  },
  dag: {
    takes: ["transforms", "lambdaU", "lambdaV"],
    build: (chosen, { data }) => headEach(chosenTransforms(data, chosen.transforms), chosen),
  },
  diffaugment: { takes: [], build: (_, { data }) => recolouredMovedCut(data) },
  ada: {
    takes: ["transforms"],
    build: ({ transforms }, of) => adaptively(chosenSets(of.data, transforms), of),
  },
};

/**
 * The augmentation that the options choose.
 * @throws OptionError when the options do not fit each other, the items or the discriminator's scores.
 */
export function augmentationOf(chosen: Chosen, of: AugmentedGame): Augmentation {
  const { takes, build } = kinds[chosen.augment];
  const idle = Object.keys(schema.shape).find(
    (name) => name !== "augment" && chosen[name as keyof Chosen] !== undefined && !takes.some((own) => own === name),
  ) as keyof Chosen | undefined;
  if (idle !== undefined) {
    const owners = Object.entries(kinds).filter(([, kind]) => kind.takes.some((own) => own === idle));
    throw new OptionError(
      `augment: ${chosen.augment} does not take ${idle} - got ${String(chosen[idle])}`,
      `it is for ${owners.map(([name]) => `--augment ${name}`).join(", ")}`,
    );
  }
  return build(chosen, of);
}

const asTheyAre = (items: Tensor): Tensor => items;
const whole = { discriminator: 1, generator: 1 };
const nothing = { nets: {}, scalars: [], adapt: () => ({}) };

function oneView(real: View["real"], fake: View["fake"]): Augmentation {
  return { views: [{ weight: whole, real, fake }], ...nothing };
}

function uniformFor(items: Tensor, who: string, scope: Scope, numbers: readonly number[]): Tensor {
  return scope.noise(`augmentation ${who}`, "uniform", [staticDim(items, 0, "augment"), ...numbers]);
}

/** A random transformation of each item with probability `chance`, by default 1. */
function atRandom(transforms: readonly ItemTransform[], chance: (scope: Scope) => Tensor | 1 = () => 1): View["real"] {
  return (items, who, scope) =>
    transformedAtRandom(transforms, items, uniformFor(items, who, scope, []), chance(scope));
}

/**
 * The original GAN objective on the main head, plus one head for each further transformation. The paper sums over the K - 1
 * transformations without the identity; the authors' code gives the identity a second head and divides by K.
 * @source Tran et al., arXiv 2006.05338.
 */
function headEach(transforms: readonly ItemTransform[], { lambdaU, lambdaV }: Chosen): Augmentation {
  const share = (lambda = usualLambda) => lambda / (transforms.length - 1);
  const further = { discriminator: share(lambdaU), generator: share(lambdaV) };
  const views = transforms.map(({ apply }, k) => ({ weight: k === 0 ? whole : further, real: apply, fake: apply }));
  return { views, ...nothing };
}

/**
 * DiffAugment: colour, translation and cutout of both real and generated items.
 * @source Zhao et al., arXiv 2006.10738.
 */
function recolouredMovedCut({ kind }: DataInfo): Augmentation {
  if (kind !== "image") {
    throw new OptionError("augment: diffaugment is for images - got points", "use --augment dag or --augment ada");
  }
  const seen: View["real"] = (items, who, scope) =>
    diffAugment(items, uniformFor(items, who, scope, [diffAugmentDraws]));
  return oneView(seen, seen);
}

/** Target of the mean sign of the discriminator's scores on real items (r_t). */
const sureEnough = 0.6;
/** Number of real items over which p can rise from 0 to 1. */
const slowness = 500_000;

/**
 * ADA: each set of transformations is applied in turn with probability p, which rises while the discriminator overfits
 * (r_t above its target) and falls otherwise.
 * @source Karras et al., arXiv 2006.06676, section 3; target and speed as in the authors' code.
 */
function adaptively(
  sets: readonly (readonly ItemTransform[])[],
  { boundary, packing, suffix }: AugmentedGame,
): Augmentation {
  if (boundary === null) {
    throw new OptionError(
      "augment: ada needs a discriminator with a decision boundary - got a critic",
      "use --augment dag or --augment diffaugment",
    );
  }
  const name = `chance${suffix}`;
  const still = constant(scalar(0));
  const each = sets.map((transforms) => atRandom(transforms, (scope) => scope.nets[name]!(still)));
  const seen: View["real"] = (items, who, scope) => each.reduce((out, set) => set(out, who, scope), items);
  return {
    ...oneView(seen, seen),
    nets: { [name]: adaptiveProbability() },
    scalars: ["sure", "chance"],
    adapt: (real, scope) => {
      const sure = mean(sign(sub(real, boundary.score)));
      const items = packing * staticDim(real, 0, "augment");
      const move = mul(sign(sub(sure, sureEnough)), items / slowness);
      return { sure, chance: scope.nets[name]!(move) };
    },
  };
}

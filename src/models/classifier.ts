import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import { choiceField, integerField, integerListField } from "../base/options.ts";
import { categoricalLogProb } from "../distributions/index.ts";
import { type Tensor, staticDim } from "../graph/tensor.ts";
import { type Part, conv2d, dropout, flattenItems, heNormal, linear, sequential } from "../nn/index.ts";
import { argmax, cast, concat, equal, indexTensor, mean, neg, oneHot, relu } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import type { ItemTransform } from "../transforms/index.ts";
import { type DataInfo, type Model, type StepScope, defineModel, itemName } from "./model.ts";
import { fromModelRange, toModelRange } from "./model-range.ts";
import { chosenTransforms, transformsField } from "./transforms-option.ts";
import type { ClassifierOptions } from "./option-types.ts";

export const options = z.object({
  task: choiceField(
    "what to predict for an item: its class (class), or which of --transforms was applied to it (transform)",
    ["class", "transform"],
  ).default("class"),
  transforms: transformsField("transformations to classify, with --task transform"),
  arch: choiceField(
    "architecture: linear layers (mlp) or convolutions (conv) (default: conv for images, mlp for points)",
    ["mlp", "conv"],
  ).optional(),
  hidden: integerListField(
    "channels of the convolutions, each of which halves height and width; widths for mlp (default: 32,64; 128 for mlp)",
  ).optional(),
  features: integerField("width of the last hidden layer, whose outputs are the features that other metrics compare", {
    min: 1,
  }).default(128),
});

type Options = z.output<typeof options>;

/** Dropout rate of the features. */
const dropped = 0.5;

/**
 * Convolutional or fully connected classifier of labels, or of the transformation that was applied. FID, KID and other
 * metrics use its features.
 * @throws OptionError for invalid options.
 * @source LeCun et al., Proceedings of the IEEE 86(11), 1998.
 */
export const classifier = defineModel<typeof options, ClassifierOptions>({
  name: "classifier",
  summary: "classifier; its features are used by FID, KID and others",
  source: "LeCun et al., Proceedings of the IEEE 86(11), 1998",
  options,
  defaults: { batch: 128, length: { epochs: 5, minSteps: 600 }, learningRate: 2e-3 },
  // The classes are those of labels, which generated images do not have.
  defaultData: ["mnist"],
  build,
});

function build(chosen: Options, data: DataInfo): Model {
  const { classes, transforms, examples } = taskOf(chosen, data);
  const item = itemName(data);
  return {
    nets: { trunk: trunk(chosen, data), head: sequential([dropout(dropped), linear(chosen.features, classes)]) },
    steps: [
      {
        name: "classifier",
        scalars: ["accuracy"],
        updates: ["trunk", "head"],
        optimizer: (rate) => adam({ learningRate: rate }),
        loss: (batch, scope) => {
          const { items, labels } = examples(batch, scope);
          const logits = scope.nets.head!(scope.nets.trunk!(items));
          const accuracy = mean(cast(equal(argmax(logits), argmax(labels)), "float32"));
          return { loss: neg(mean(categoricalLogProb(logits, labels))), logs: { accuracy } };
        },
      },
    ],
    maps: {
      classifier: {
        inputs: { [item]: data.shape },
        outputs: ({ [item]: x }, { nets }) => {
          const features = nets.trunk!(x!);
          return { logits: nets.head!(features), features };
        },
      },
    },
    classifier: {
      map: "classifier",
      input: item,
      logits: "logits",
      features: "features",
      classes,
      ...(transforms && { transforms }),
    },
    bestBy: { scalar: "accuracy", better: "higher" },
  };
}

/** The classes to predict, and the examples to train on. */
interface Task {
  readonly classes: number;
  readonly transforms?: readonly ItemTransform[];
  /** Items [m, ...] with one-hot labels [m, classes]. */
  examples(batch: Tensor, scope: StepScope): { readonly items: Tensor; readonly labels: Tensor };
}

/** @throws OptionError when the options or the data do not define classes. */
function taskOf({ task, transforms: chosen }: Options, data: DataInfo): Task {
  if (task === "class") {
    if (chosen !== undefined) {
      throw new OptionError(
        `classifier: --transforms is for --task transform - got ${chosen.join()} with --task class`,
        "add --task transform",
      );
    }
    const classes = requireClasses(data);
    return { classes, examples: (items, scope) => ({ items, labels: scope.labels(classes) }) };
  }
  const transforms = outside(chosenTransforms(data, chosen), data.kind);
  const classes = transforms.length;
  // Each item of the batch under each transformation.
  const examples = (batch: Tensor) => {
    const n = staticDim(batch, 0, "classifier");
    const labels = indexTensor(transforms.flatMap((_, k) => new Array<number>(n).fill(k)));
    return { items: concat(transforms.map(({ apply }) => apply(batch))), labels: oneHot(labels, classes) };
  };
  return { classes, transforms, examples };
}

/** Transformations in the range of the data rather than in that of the GAN's nets. */
function outside(transforms: readonly ItemTransform[], kind: DataInfo["kind"]): ItemTransform[] {
  return transforms.map(({ name, apply }) => ({
    name,
    apply: (x) => fromModelRange(kind, apply(toModelRange(kind, x))),
  }));
}

/** Maps items to nonnegative features [n, features]. */
function trunk({ arch, hidden, features }: Options, { kind, shape }: DataInfo) {
  const net = arch ?? (kind === "image" ? "conv" : "mlp");
  if (net === "mlp") {
    const widths = [sizeOf(shape), ...(hidden ?? [128]), features];
    return sequential([flattenItems, ...layers(widths, (from, to) => linear(from, to, { init: heNormal }))]);
  }
  if (kind !== "image") {
    throw new OptionError("classifier: convolutions need images - got points", "remove --arch, or use --arch mlp");
  }
  const [height, width, channels] = shape as [number, number, number];
  const outward = [channels, ...(hidden ?? [32, 64])];
  const halved = (length: number) => outward.slice(1).reduce((left) => Math.ceil(left / 2), length);
  const last = halved(height) * halved(width) * outward.at(-1)!;
  return sequential([
    ...layers(outward, (from, to) => conv2d(from, to, { kernel: 5, stride: 2, padding: 2 })),
    flattenItems,
    ...layers([last, features], (from, to) => linear(from, to, { init: heNormal })),
  ]);
}

/** A layer from each size to the next, each followed by a ReLU. */
function layers(sizes: readonly number[], layer: (from: number, to: number) => Part): Part[] {
  return sizes.slice(1).flatMap((size, i) => [layer(sizes[i]!, size), relu]);
}

function requireClasses({ classes }: DataInfo): number {
  if (classes !== undefined && classes >= 2) return classes;
  throw new OptionError(
    `classifier: the data must have labels of at least 2 classes - got ${classes === undefined ? "no labels" : "one class"}`,
    "mnist has labels; in a folder of images the subfolders are the classes; for an IDX file, labels are read from the label file next to it; for a Parquet file of images, from the column label",
  );
}

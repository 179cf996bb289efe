import { z } from "zod";
import { OptionError } from "../base/errors.ts";
import { sizeOf } from "../base/ndarray.ts";
import { choiceField, integerField, integerListField } from "../base/options.ts";
import { categoricalLogProb } from "../distributions/index.ts";
import { type Part, conv2d, dropout, flattenItems, heNormal, linear, sequential } from "../nn/index.ts";
import { argmax, cast, equal, mean, neg, relu } from "../ops/index.ts";
import { adam } from "../optim/index.ts";
import { type DataInfo, type Model, defineModel } from "./model.ts";

const options = z.object({
  arch: choiceField("net of linear layers (mlp) or of convolutions (conv); conv for images, mlp for points", [
    "mlp",
    "conv",
  ]).optional(),
  hidden: integerListField(
    "channels of the convolutions, each of which halves height and width, or widths of the layers of mlp; 32,64, or 128 for mlp",
  ).optional(),
  features: integerField("numbers of an item that its class is read off", { min: 1 }).default(128),
});

type Options = z.output<typeof options>;

/** Share of the features that are zeroed in training. */
const dropped = 0.5;

export const classifier = defineModel({
  name: "classifier",
  summary: "tells the class of an item; its features are what distances between sets of images are measured in",
  source: "LeCun et al., Proceedings of the IEEE 86(11), 1998",
  options,
  defaults: { batch: 128, epochs: 5, learningRate: 2e-3 },
  build,
});

function build(chosen: Options, data: DataInfo): Model {
  const classes = requireClasses(data);
  return {
    nets: { trunk: trunk(chosen, data), head: sequential([dropout(dropped), linear(chosen.features, classes)]) },
    steps: [
      {
        name: "classifier",
        updates: ["trunk", "head"],
        optimizer: (rate) => adam({ learningRate: rate }),
        loss: (items, scope) => {
          const labels = scope.labels(classes);
          const logits = scope.nets.head!(scope.nets.trunk!(items));
          const accuracy = mean(cast(equal(argmax(logits), argmax(labels)), "float32"));
          return { loss: neg(mean(categoricalLogProb(logits, labels))), logs: { accuracy } };
        },
      },
    ],
    maps: {
      classifier: {
        inputs: { image: data.shape },
        outputs: ({ image }, { nets }) => {
          const features = nets.trunk!(image!);
          return { logits: nets.head!(features), features };
        },
      },
    },
    classifier: { map: "classifier", input: "image", logits: "logits", features: "features", classes },
  };
}

/** From items to features [n, features], none below 0. */
function trunk({ arch, hidden, features }: Options, { kind, shape }: DataInfo) {
  const net = arch ?? (kind === "image" ? "conv" : "mlp");
  if (net === "mlp") {
    const widths = [sizeOf(shape), ...(hidden ?? [128]), features];
    return sequential([flattenItems, ...layers(widths, (from, to) => linear(from, to, { init: heNormal }))]);
  }
  if (kind !== "image") {
    throw new OptionError("classifier: convolutions need images - got points", "leave --arch out, or make it mlp");
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

/** A layer from each size to the next, each with a ReLU after it. */
function layers(sizes: readonly number[], layer: (from: number, to: number) => Part): Part[] {
  return sizes.slice(1).flatMap((size, i) => [layer(sizes[i]!, size), relu]);
}

function requireClasses({ classes }: DataInfo): number {
  if (classes !== undefined && classes >= 2) return classes;
  throw new OptionError(
    `classifier: the data must have labels of at least 2 classes - got ${classes === undefined ? "no labels" : "one class"}`,
    "mnist has labels; of an IDX file of images they are read from the file of labels that lies beside it",
  );
}

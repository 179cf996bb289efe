import type { Shape } from "../base/ndarray.ts";
import type { Dims } from "../graph/tensor.ts";
import type { Model } from "../models/index.ts";
import type { ValueAbout } from "../onnx/index.ts";

/** What an exported file records about an input or output, in its metadata and in model.json. */
export interface ValueFacts {
  readonly type: "float32";
  /** `n` is the number of items. */
  readonly shape: Dims;
  readonly doc: string;
  /** For images. */
  readonly layout?: "NCHW" | "NPCHW";
  /** Values of black and white. */
  readonly range?: readonly [number, number];
  /** Distribution of its numbers; null for codes without a prior. */
  readonly prior?: "standard normal" | "uniform on [0, 1)" | null;
}

export interface FileFacts {
  readonly summary: string;
  readonly inputs: Readonly<Record<string, ValueFacts>>;
  readonly outputs: Readonly<Record<string, ValueFacts>>;
}

/** By the names of inputs and outputs, which `models/model.ts` lists. */
const docs: Readonly<Record<string, string>> = {
  point: "points in the units of the data",
  z: "latents",
  noise: "input noise of the generator",
  mean: "mean of q(z | x)",
  logvar: "log variance of q(z | x)",
  probabilities: "category probabilities of each variable, concatenated",
  score: "discriminator output, larger for real items",
  logits: "class logits; their softmax is the probability of each class",
  features: "input of the last layer, a feature space for sample metrics",
};

const pictures: Readonly<Record<string, string>> = {
  image: "images",
  translation: "the images in the other domain",
  source: "the images that were translated",
  pack: "packs of items",
};

/** @param shapes Shapes of the outputs, channels first for images. */
export function fileFacts(model: Model, map: string, outputs: Readonly<Record<string, Dims>>): FileFacts {
  const { inputs } = model.maps[map]!;
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, shape]) => {
      const facts = valueFacts(name, ["n", ...channelsFirst(shape)]);
      const prior = priorOf(model, map, name);
      if (prior === undefined) return [name, facts];
      const doc = prior === null ? `${facts.doc}, from the encoder` : `${facts.doc}, ${prior}`;
      return [name, { ...facts, doc, prior }];
    }),
  );
  const made = Object.fromEntries(Object.entries(outputs).map(([name, shape]) => [name, valueFacts(name, shape)]));
  const summary = `${Object.keys(given).join(", ")} to ${Object.keys(made).join(", ")}`;
  return { summary, inputs: given, outputs: made };
}

function valueFacts(name: string, shape: Dims): ValueFacts {
  const type = "float32";
  const picture = shape.length >= 4 ? pictures[name] : undefined;
  if (picture === undefined) return { type, shape, doc: docs[name] ?? name };
  const channels = shape.at(-3) === 3 ? "red, green, blue" : shape.at(-3) === 1 ? "grey" : `${shape.at(-3)} channels`;
  const layout = shape.length === 5 ? "NPCHW" : "NCHW";
  return { type, shape, doc: `${picture}, ${channels}, from 0 black to 1 white`, layout, range: [0, 1] };
}

/** Undefined for an input that is neither sampled nor decoded. */
function priorOf({ generator, decoder }: Model, map: string, name: string): ValueFacts["prior"] {
  if (generator?.map === map && generator.input === name) {
    return generator.noise === "normal" ? "standard normal" : "uniform on [0, 1)";
  }
  return decoder?.map === map && decoder.input === name ? null : undefined;
}

/** The same as ONNX denotations. */
export function valueAbout({ doc, layout }: ValueFacts): ValueAbout {
  if (layout !== "NCHW") return { doc };
  return { doc, denotation: "IMAGE", axes: ["DATA_BATCH", "DATA_CHANNEL", "DATA_FEATURE", "DATA_FEATURE"] };
}

/** ONNX's standard metadata for images, if a file takes or returns them. */
export function imageWords({ inputs, outputs }: FileFacts): Readonly<Record<string, string>> {
  const images = [...Object.values(inputs), ...Object.values(outputs)].find(({ layout }) => layout === "NCHW");
  const format = { 1: "Gray8", 3: "Rgb8" }[images?.shape[1] as 1 | 3];
  return images === undefined || format === undefined
    ? {}
    : {
        "Image.BitmapPixelFormat": format,
        "Image.NominalPixelRange": "Normalized_0_1",
        "Image.ColorSpaceGamma": "SRGB",
      };
}

/** [h, w, c] to [c, h, w], also for packs of images; anything else unchanged. */
export function channelsFirst(shape: Shape): Shape {
  if (shape.length !== 3 && shape.length !== 4) return shape;
  const [h, w, c] = shape.slice(-3) as [number, number, number];
  return [...shape.slice(0, -3), c, h, w];
}

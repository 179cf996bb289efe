import type { NdArray } from "../base/ndarray.ts";
import { fold, key } from "../base/random.ts";
import { encodePng } from "../codec/png.ts";
import { type Dataset, type Sides, hasSides, readExact } from "../data/index.ts";
import type { DataInfo, Model } from "../models/index.ts";
import type { Evaluation } from "../evaluation/evaluate.ts";
import { latentsByKl, manifoldPicture, reconstructionPicture, traversalPicture } from "./latent-pictures.ts";
import type { Film, Picture } from "../plot/page.ts";
import { sideBySidePicture, pointsCaption, readReals, shownPoints } from "./point-pictures.ts";
import { spread } from "../plot/points.ts";
import type { Run } from "../run/run.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { errorsPicture, keptPictures, translationsCaption } from "./translation-pictures.ts";

/** Maximum frames of a film; for a long run, evenly spaced ones are shown. */
const shownFrames = 24;

export function filmCaption(model: Model, { kind, shape }: DataInfo): string {
  if (kind === "pair") return translationsCaption(model);
  const likelihood = model.likelihood === undefined ? [] : ["The mean of p(x | z) is shown, not a sample from it."];
  const points = kind === "points" ? [pointsCaption(model, shape)] : [];
  return ["Fixed noise, with the parameters of each step.", ...points, ...likelihood].join(" ");
}

/** The sample grids of a run as a film, if there are any. */
export async function filmsOf({ store }: Run, title: string, caption: string): Promise<Film[]> {
  const names = (await store.list("samples")).filter((name) => /\d+\.png$/.test(name));
  if (names.length === 0) return [];
  const frames = await Promise.all(
    spread(names, shownFrames).map(async (name) => ({
      label: `step ${Number(name.slice("samples/".length, -".png".length))}`,
      png: await store.read(name),
    })),
  );
  return [{ title, caption, frames }];
}

/** A picture made only for the report. */
interface Drawn extends Omit<Picture, "png"> {
  readonly name: string;
  readonly image: NdArray<"uint8">;
}

/** Real items and results of the trained model; pictures made only for the report go under pictures/. */
export async function picturesOf(
  run: Run,
  trained: TrainedModel,
  test: Dataset,
  results: readonly Evaluation[],
): Promise<Picture[]> {
  const { store } = run;
  const pictures: Picture[] = [];
  if (test.kind === "image" && (await store.has("samples/reals.png"))) {
    const [title, caption] = ["Training items", "In the same layout as the samples."];
    pictures.push({ title, caption, png: await store.read("samples/reals.png") });
  }
  for (const { name, image, ...words } of await drawnPictures(run, trained, test, results)) {
    const png = await encodePng(image);
    await store.write(`pictures/${name}.png`, png);
    pictures.push({ ...words, png });
  }
  return pictures;
}

async function drawnPictures(
  run: Run,
  trained: TrainedModel,
  test: Dataset,
  results: readonly Evaluation[],
): Promise<Drawn[]> {
  if (hasSides(test)) return pairPictures(trained, test.sides);
  return test.kind === "points" ? pointPictures(run, trained, test) : codePictures(trained, test, results);
}

async function pairPictures(trained: TrainedModel, sides: Sides): Promise<Drawn[]> {
  const kept = Object.entries(await keptPictures(trained)).map(([title, image]): Drawn => {
    const caption = "The image pool: earlier generated images for the discriminator.";
    return { name: title.toLowerCase().replaceAll(" ", "-"), title, caption, image };
  });
  if (!sides.aligned) return kept;
  const errors: Drawn = {
    name: "errors",
    title: "Error of the translation",
    caption: "Test images, their translations, the targets, and the absolute error per pixel: white is 1.",
    image: await errorsPicture(trained, sides),
  };
  return [errors, ...kept];
}

async function pointPictures({ store, config }: Run, trained: TrainedModel, { shape }: Dataset): Promise<Drawn[]> {
  const { model } = trained;
  if (model.generator === undefined) return [];
  const generated = await trained.sample(fold(key(config.train.seed), "pictures"), shownPoints);
  return [
    {
      name: "points",
      title: "Real and generated",
      caption: `Equal numbers of both, at the end of the run. ${pointsCaption(model, shape)}`,
      image: await sideBySidePicture(trained, await readReals(store), generated),
    },
  ];
}

/** Reconstructions and traversals, for models of images with codes. */
async function codePictures(trained: TrainedModel, test: Dataset, results: readonly Evaluation[]): Promise<Drawn[]> {
  const { model } = trained;
  if (model.encoder === undefined || model.generator === undefined) return [];
  const reconstructions: Drawn = {
    name: "reconstructions",
    title: "Reconstructions",
    caption: "Test items, each above its reconstruction.",
    image: await reconstructionPicture(trained, test),
  };
  const kl = results.map(({ details }) => details.klPerLatent).find((detail) => typeof detail === "object");
  if (kl === undefined || model.decoder?.traversable !== true) return [reconstructions];
  const order = latentsByKl(kl);
  const code = await trained.encode(await readExact(test, [0]));
  const traversal: Drawn = {
    name: "traversal",
    title: "Latent traversal",
    caption: `The code of the first test item, with one latent per row varied from -3 to 3, ordered by KL: ${order.map((latent) => `z${latent}`).join(", ")}.`,
    image: await traversalPicture(trained, code, { order: order.slice(0, 20) }),
  };
  if (order.length !== 2) return [reconstructions, traversal];
  const manifold: Drawn = {
    name: "manifold",
    title: "The latent plane",
    caption: "Codes at equally spaced quantiles of the prior along each latent.",
    image: await manifoldPicture(trained),
  };
  return [reconstructions, traversal, manifold];
}

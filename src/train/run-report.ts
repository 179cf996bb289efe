import { type NdArray, rows } from "../base/ndarray.ts";
import { describeOptions } from "../base/options.ts";
import { fold, key } from "../base/random.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset, Modes } from "../data/index.ts";
import { models } from "../models/index.ts";
import { trainOptions } from "./config.ts";
import type { Evaluation } from "./evaluate.ts";
import { batchesIn, courseOf } from "./course.ts";
import { latentsByKl, manifoldPicture, reconstructionPicture, traversalPicture } from "./latent-pictures.ts";
import type { Strip } from "./heat-strip.ts";
import { modeSamples, modeShares } from "./mode-record.ts";
import { formatNumber } from "./numerals.ts";
import { besidePicture, pointsCaption, readReals, shownPoints } from "./point-pictures.ts";
import { type Film, type Picture } from "./page.ts";
import { type ConfigEntry, type ReportFacts, renderReport } from "./report.ts";
import type { MetricLine, Run, RunRecord } from "./run.ts";
import type { TrainedModel } from "./trained.ts";

/** Frames of a film, and columns of a strip; a long run shows evenly spread ones. */
const [frames, columns] = [24, 100];

/** Writes report.html of a run in the given state, and the pictures that are made only for it under pictures/, from what the run has left. */
export async function writeReport(
  run: Run,
  state: RunRecord,
  trained: TrainedModel,
  test: Dataset,
  results: readonly Evaluation[],
): Promise<void> {
  const metrics = await run.metrics();
  const facts: ReportFacts = {
    title: `${run.config.recipe} on ${run.config.data.spec}`,
    status: [state.status, state.reason].filter(Boolean).join(": "),
    summary: summaryOf(run, state, trained),
    config: configOf(run),
    curves: curvesOf(metrics),
    bars: barsOf(results),
    strips: stripsOf(metrics, test),
    films: await filmsOf(run, filmCaption(trained, test)),
    pictures: await picturesOf(run, trained, test, results),
    results,
  };
  await run.store.write("report.html", new TextEncoder().encode(renderReport(facts)));
}

function summaryOf({ config }: Run, state: RunRecord, { model }: TrainedModel): [string, string][] {
  const batches = batchesIn(courseOf(model, config.train.steps), state.step);
  return [
    ["steps", `${state.step} of ${config.train.steps}`],
    ["items seen", String(batches * config.train.batch)],
    ["training time", `${state.seconds.toFixed(1)} s`],
    ["device", config.device],
    ["seed", String(config.train.seed)],
    ["started", state.started],
    ...Object.entries(state.versions),
  ];
}

function configOf({ config }: Run): ConfigEntry[] {
  const definition = models.find(({ name }) => name === config.recipe)!;
  const initial = new Map(
    [...describeOptions(definition.options), ...describeOptions(trainOptions)].map((option) => [
      option.name,
      option.initial,
    ]),
  );
  const entries = Object.entries({ ...config.model, ...config.train });
  return entries.map(([name, value]) => {
    const standard = (definition.defaults as Record<string, unknown>)[name] ?? initial.get(name);
    return { name, value: String(value), isDefault: standard === undefined || String(standard) === String(value) };
  });
}

/** Lines of one chart, where a quantity has many parts: the largest at the end. */
const drawnLines = 8;

/**
 * One chart for each quantity that was followed. `METRIC/NAME/3` is the line of latent 3 in the chart of METRIC/NAME, and
 * `METRIC/NAME/WORD` that of WORD.
 */
export function curvesOf(metrics: readonly MetricLine[]): ReportFacts["curves"] {
  const charts = new Map<string, Map<string, [number, number][]>>();
  for (const { name, split, step, value } of metrics) {
    const [metric, quantity, part] = name.split("/");
    const title = [metric, quantity].filter(Boolean).join("/");
    if (title === modeShares) continue;
    const series = charts.get(title) ?? new Map<string, [number, number][]>();
    const line = part === undefined ? split : /^\d+$/.test(part) ? `z${part}` : part;
    const points = series.get(line) ?? [];
    points.push([step, value ?? Number.NaN]);
    charts.set(title, series.set(line, points));
  }
  return [...charts].map(([title, series]) => {
    const lines = [...series].map(([name, points]) => ({ name, points }));
    const last = ({ points }: (typeof lines)[number]) => points.at(-1)![1];
    const shown = lines.length <= drawnLines ? lines : lines.toSorted((a, b) => last(b) - last(a)).slice(0, drawnLines);
    return { title, unit: "", series: shown };
  });
}

/** What became of each mode, where the data declare some and their shares were recorded. */
function stripsOf(metrics: readonly MetricLine[], { modes }: Dataset): Strip[] {
  const shares = new Map<number, number[]>();
  for (const { name, step, value } of metrics) {
    const [title, mode] = [name.slice(0, name.lastIndexOf("/")), Number(name.split("/").at(-1))];
    if (title !== modeShares) continue;
    const values = shares.get(step) ?? [];
    values[mode] = value ?? Number.NaN;
    shares.set(step, values);
  }
  if (shares.size === 0) return [];
  const shown = spread([...shares], columns);
  const count = shown[0]![1].length;
  const labels = Array.from({ length: count }, (_, mode) => modeLabel(mode, modes));
  return [
    {
      title: "Share of samples by mode",
      caption: `Of ${modeSamples} samples, from the same noise at each step, those that lie in a mode and are of high quality. Where all modes are met alike, each has 1 in ${count}.`,
      steps: shown.map(([step]) => step),
      rows: labels.map((label, mode) => ({ label, values: shown.map(([, values]) => values[mode]!) })),
      full: 1 / count,
    },
  ];
}

/** A mode's number, and where it lies, if that can be said in a word. */
function modeLabel(mode: number, modes: Modes | undefined): string {
  if (modes?.kind !== "centers" || modes.centers.shape[1]! > 2) return String(mode);
  const centre = rows(modes.centers, mode, mode + 1).data;
  return `${mode} (${Array.from(centre, (each) => formatNumber(Number(each.toFixed(2)))).join(", ")})`;
}

function barsOf(results: readonly Evaluation[]): ReportFacts["bars"] {
  return results.flatMap(({ metric, unit, details }) =>
    Object.entries(details).flatMap(([name, detail]) => {
      if (typeof detail === "number") return [];
      const values = latentsByKl(detail).map((latent) => ({ label: `z${latent}`, value: detail[latent]! }));
      return [{ title: `${metric}: ${name}, largest first`, unit, values }];
    }),
  );
}

function filmCaption({ model }: TrainedModel, { kind, shape }: Dataset): string {
  const likelihood = model.likelihood === undefined ? [] : ["The mean of each item is shown, not a draw of it."];
  const points = kind === "points" ? [pointsCaption(model, shape)] : [];
  return ["The same noise at every step.", ...points, ...likelihood].join(" ");
}

async function filmsOf({ store }: Run, caption: string): Promise<Film[]> {
  const names = (await store.list("samples")).filter((name) => /\d+\.png$/.test(name));
  if (names.length === 0) return [];
  const film = await Promise.all(
    spread(names, frames).map(async (name) => ({
      label: `step ${Number(name.slice("samples/".length, -".png".length))}`,
      png: await store.read(name),
    })),
  );
  return [
    {
      title: "Samples over training",
      caption,
      frames: film,
    },
  ];
}

/** At most `count` of the items, evenly spread, the first and the last among them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}

/** A picture that is made for the report alone. */
interface Drawn extends Omit<Picture, "png"> {
  readonly name: string;
  readonly image: NdArray<"uint8">;
}

async function picturesOf(
  run: Run,
  trained: TrainedModel,
  test: Dataset,
  results: readonly Evaluation[],
): Promise<Picture[]> {
  const { store } = run;
  const pictures: Picture[] = [];
  if (test.kind === "image" && (await store.has("samples/reals.png"))) {
    const [title, caption] = ["Training items", "In the layout of the samples."];
    pictures.push({ title, caption, png: await store.read("samples/reals.png") });
  }
  const drawn = test.kind === "points" ? pointPictures(run, trained, test) : codePictures(trained, test, results);
  for (const { name, image, ...words } of await drawn) {
    const png = await encodePng(image);
    await store.write(`pictures/${name}.png`, png);
    pictures.push({ ...words, png });
  }
  return pictures;
}

async function pointPictures({ store, config }: Run, trained: TrainedModel, { shape }: Dataset): Promise<Drawn[]> {
  const { model } = trained;
  if (model.generator === undefined) return [];
  const generated = await trained.sample(fold(key(config.train.seed), "pictures"), shownPoints);
  return [
    {
      name: "points",
      title: "Real beside generated",
      caption: `As many of either, at the end of the run. ${pointsCaption(model, shape)}`,
      image: await besidePicture(trained, await readReals(store), generated),
    },
  ];
}

/** What codes hold, of models of images that have codes. */
async function codePictures(trained: TrainedModel, test: Dataset, results: readonly Evaluation[]): Promise<Drawn[]> {
  const { model } = trained;
  if (model.encoder === undefined || model.generator === undefined) return [];
  const reconstructions: Drawn = {
    name: "reconstructions",
    title: "Reconstructions",
    caption: "Test items, each above what its code decodes to.",
    image: await reconstructionPicture(trained, test),
  };
  const kl = results.map(({ details }) => details.klPerLatent).find((detail) => typeof detail === "object");
  if (kl === undefined || model.decoder?.traversable !== true) return [reconstructions];
  const order = latentsByKl(kl);
  const code = await trained.encode(test.read([0]));
  const traversal: Drawn = {
    name: "traversal",
    title: "Latent traversal",
    caption: `The code of the first test item, one row a latent from -3 to 3, ordered by KL: ${order.map((latent) => `z${latent}`).join(", ")}.`,
    image: await traversalPicture(trained, code, { order: order.slice(0, 20) }),
  };
  if (order.length !== 2) return [reconstructions, traversal];
  const manifold: Drawn = {
    name: "manifold",
    title: "The latent plane",
    caption: "Equal steps of probability under the prior along either latent.",
    image: await manifoldPicture(trained),
  };
  return [reconstructions, traversal, manifold];
}

import { describeOptions } from "../base/options.ts";
import { encodePng } from "../codec/png.ts";
import type { Dataset } from "../data/index.ts";
import { models } from "../models/index.ts";
import { trainOptions } from "./config.ts";
import type { Evaluation } from "./evaluate.ts";
import { latentsByKl, manifoldPicture, reconstructionPicture, traversalPicture } from "./latent-pictures.ts";
import { type ConfigEntry, type Film, type Picture, type ReportFacts, renderReport } from "./report.ts";
import type { MetricLine, Run, RunRecord } from "./run.ts";
import type { TrainedModel } from "./trained.ts";

/** Frames of a film; a long run shows evenly spread ones. */
const frames = 24;

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
    summary: summaryOf(run, state),
    config: configOf(run),
    curves: curvesOf(metrics),
    bars: barsOf(results),
    films: await filmsOf(run),
    pictures: await picturesOf(run, trained, test, results),
    results,
  };
  await run.store.write("report.html", new TextEncoder().encode(renderReport(facts)));
}

function summaryOf({ config }: Run, state: RunRecord): [string, string][] {
  return [
    ["steps", `${state.step} of ${config.train.steps}`],
    ["items seen", String(state.step * config.train.batch)],
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

/** Lines of one chart, where a quantity has a value for each latent: the largest at the end. */
const drawnLatents = 8;

/** One chart for each quantity that was followed. `METRIC/NAME/3` is the line of latent 3 in the chart of METRIC/NAME. */
function curvesOf(metrics: readonly MetricLine[]): ReportFacts["curves"] {
  const charts = new Map<string, Map<string, [number, number][]>>();
  for (const { name, split, step, value } of metrics) {
    const [metric, quantity, latent] = name.split("/");
    const title = [metric, quantity].filter(Boolean).join("/");
    const series = charts.get(title) ?? new Map<string, [number, number][]>();
    const line = latent === undefined ? split : `z${latent}`;
    const points = series.get(line) ?? [];
    points.push([step, value ?? Number.NaN]);
    charts.set(title, series.set(line, points));
  }
  return [...charts].map(([title, series]) => {
    const lines = [...series].map(([name, points]) => ({ name, points }));
    const last = ({ points }: (typeof lines)[number]) => points.at(-1)![1];
    const shown =
      lines.length <= drawnLatents ? lines : lines.toSorted((a, b) => last(b) - last(a)).slice(0, drawnLatents);
    return { title, unit: "", series: shown };
  });
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

async function filmsOf({ store }: Run): Promise<Film[]> {
  const names = (await store.list("samples")).filter((name) => /\d+\.png$/.test(name));
  if (names.length === 0) return [];
  const shown =
    names.length <= frames
      ? names
      : Array.from({ length: frames }, (_, i) => names[Math.round((i * (names.length - 1)) / (frames - 1))]!);
  const film = await Promise.all(
    shown.map(async (name) => ({
      label: `step ${Number(name.slice("samples/".length, -".png".length))}`,
      png: await store.read(name),
    })),
  );
  return [
    {
      title: "Samples over training",
      caption: "The same noise at every step. For likelihood models the mean of each pixel is shown, not a draw of it.",
      frames: film,
    },
  ];
}

async function picturesOf(
  run: Run,
  trained: TrainedModel,
  test: Dataset,
  results: readonly Evaluation[],
): Promise<Picture[]> {
  const { store } = run;
  const pictures: Picture[] = [];
  if (await store.has("samples/reals.png")) {
    pictures.push({
      title: "Training items",
      caption: "In the layout of the samples.",
      png: await store.read("samples/reals.png"),
    });
  }
  const add = async (
    name: string,
    title: string,
    caption: string,
    image: Parameters<typeof encodePng>[0],
  ): Promise<void> => {
    const png = await encodePng(image);
    await store.write(`pictures/${name}.png`, png);
    pictures.push({ title, caption, png });
  };
  const { model } = trained;
  if (test.kind !== "image" || model.encoder === undefined || model.generator === undefined) return pictures;
  await add(
    "reconstructions",
    "Reconstructions",
    "Test items, each above what its code decodes to.",
    await reconstructionPicture(trained, test),
  );
  const kl = results.map(({ details }) => details.klPerLatent).find((detail) => typeof detail === "object");
  if (kl === undefined) return pictures;
  const order = latentsByKl(kl);
  const code = await trained.encode(test.read([0]));
  const caption = `The code of the first test item, one row a latent from -3 to 3, ordered by KL: ${order.map((latent) => `z${latent}`).join(", ")}.`;
  await add(
    "traversal",
    "Latent traversal",
    caption,
    await traversalPicture(trained, code, { order: order.slice(0, 20) }),
  );
  if (order.length === 2) {
    const plane = "Equal steps of probability under the prior along either latent.";
    await add("manifold", "The latent plane", plane, await manifoldPicture(trained));
  }
  return pictures;
}

import type { Key } from "../../../src/base/random.ts";
import { ndarray } from "../../../src/base/ndarray.ts";
import { distancePoints as compared } from "../../../src/evaluation/distance-record.ts";
import { toPoints } from "../../../src/numeric/points.ts";
import { costMatrix, exactTransport } from "../../../src/transport/index.ts";
import {
  type DataSplit,
  type Dataset,
  datasets,
  idxDatasets,
  mnist,
  readExact,
  somePlaces,
} from "../../../src/data/index.ts";
import type { ConfiguredModel } from "../../../src/models/index.ts";
import { type TrainOptions, planRun } from "../../../src/run/index.ts";
import type { TrainedModel } from "../../../src/trained/index.ts";
import { LiveTraining } from "../../../src/train/index.ts";
import type { Engine } from "../../../src/runtime/index.ts";
import type { Bench, Code, Numbers, PlanePicture, Text } from "./lab.ts";

// What the labs that train have in common: the plan of `zaya train` in the page.

/** What the field of a discriminator's scores shows. */
export const scoreLabel: Text = {
  en: "discriminator score (higher: more likely real)",
  fa: "امتیاز تمییزدهنده (بیشتر: احتمالاً واقعی‌تر)",
};

/** Opens a training as `zaya train` does. */
export async function openTraining(
  model: ConfiguredModel,
  data: DataSplit,
  options: TrainOptions,
  engine: Engine,
): Promise<LiveTraining> {
  return LiveTraining.open(await planRun(model, data, options, { engine }));
}

/** Data that are made from their definition. */
export function generatedData(name: string): DataSplit {
  const found = datasets.find((each) => each.name === name);
  if (found?.origin !== "generated") throw new Error(`no generated data set is called ${name}`);
  return found.generate();
}

const flagOf = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The command and the code that make a training's numbers. */
export function trainingCode(
  recipe: string,
  name: string,
  model: Readonly<Record<string, unknown>>,
  data: readonly string[],
  training: TrainOptions,
): Code {
  const words = Object.entries({ ...model, ...training }).map(
    ([option, value]) => `${flagOf(option)} ${String(value)}`,
  );
  const written = (value: object) =>
    JSON.stringify(value)
      .replaceAll(/"(\w+)":/g, "$1: ")
      .replaceAll(",", ", ");
  return {
    cli: ["npx zaya train", recipe, `--data ${data.join(" ")}`, "--device wasm", ...words].join(" "),
    typescript: `import { ${name} } from "zaya/models";
import { openData } from "zaya/node";
import { wasmEngine } from "zaya/runtime";
import { train } from "zaya/train";

const data = await openData({ spec: "${data[0]}"${data[1] === "--limit" ? `, limit: ${data[2]}` : ""} });
const model = ${name}(${written(model)});
for await (const event of train(model, data, ${written(training)}, { engine: wasmEngine() })) {
  if (event.type === "step") console.log(event.step, event.losses);
}`,
  };
}

/** The discriminator's score on a grid over the plane, row by row from y0 up, and its rise at given points. */
export async function scoresOn(
  trained: TrainedModel,
  [x0, x1, y0, y1]: PlanePicture["extent"],
  side: number,
): Promise<Float32Array> {
  const grid = Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const [column, row] = [(i >> 1) % side, Math.floor((i >> 1) / side)];
    return i % 2 === 0 ? x0 + ((column + 0.5) / side) * (x1 - x0) : y0 + ((row + 0.5) / side) * (y1 - y0);
  });
  return scores(trained, grid);
}

async function scores(trained: TrainedModel, xy: Float32Array): Promise<Float32Array> {
  const { map, input, output } = trained.model.discriminator!;
  const found = await trained.map(map, { [input]: ndarray("float32", [xy.length / 2, 2], xy) });
  return found[output]!.data as Float32Array;
}

/** Direction in which the score rises at points, by central differences: x, y, dx, dy in turn, the longest of this length. */
export async function risesAt(trained: TrainedModel, xy: ArrayLike<number>, length: number): Promise<Float32Array> {
  const n = xy.length / 2;
  const h = length / 50;
  const moved = new Float32Array(8 * n);
  for (let i = 0; i < n; i++) {
    const [x, y] = [xy[2 * i]!, xy[2 * i + 1]!];
    moved.set([x + h, y, x - h, y, x, y + h, x, y - h], 8 * i);
  }
  const found = await scores(trained, moved);
  const rises = Float32Array.from({ length: 2 * n }, (_, i) => {
    const at = 4 * (i >> 1) + 2 * (i % 2);
    return found[at]! - found[at + 1]!;
  });
  let longest = 0;
  for (let i = 0; i < n; i++) longest = Math.max(longest, Math.hypot(rises[2 * i]!, rises[2 * i + 1]!));
  const scale = longest > 0 ? length / longest : 0;
  return Float32Array.from({ length: 4 * n }, (_, i) => {
    const [point, part] = [i >> 2, i % 4];
    return part < 2 ? xy[2 * point + part]! : scale * rises[2 * point + part - 2]!;
  });
}

/** Samples from the same noise at every step, x and y in turn. */
export async function pointsOf(trained: TrainedModel, by: Key, count: number): Promise<Float32Array> {
  return Float32Array.from((await trained.sample(by, count)).data);
}

/** Shares of samples in the modes 0, 1, ..., from the numbers of `LiveTraining.samples`. */
export function modeShares(numbers: Numbers): number[] {
  const shares: number[] = [];
  for (let mode = 0; ; mode++) {
    const share = numbers[`modes/share/${mode}`];
    if (share === undefined) return shares;
    shares.push(share);
  }
}

/** The Earth-Mover distance of as many training points from the test points that samples are compared with: what a perfect generator has. */
export async function emdFloor({ train, test }: DataSplit): Promise<number> {
  const points = async (data: Dataset) => toPoints(await readExact(data, somePlaces(data, compared)), data.name);
  return exactTransport(costMatrix(await points(train), await points(test))).cost;
}

/** How many digits of either part the site has: what `--limit` takes of MNIST. */
export const digitLimit = 2000;

/** The first digits of MNIST: what `--data mnist --limit 2000` opens. */
export async function openDigits({ read }: Bench): Promise<DataSplit> {
  const part = async (name: string) => {
    const file = async (kind: string) => ({
      file: `${name}-${kind}`,
      bytes: await read(`digits/${name}-${kind}.gz`),
    });
    return { name: mnist.name, images: await file("images-idx3-ubyte"), labels: await file("labels-idx1-ubyte") };
  };
  const [train, test] = idxDatasets([await part("train"), await part("t10k")]);
  return { train: train!, test: test! };
}

/** Images of values in [0, 1], as pixels from 0 to 255. */
export function pixelsOf(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(255 * Math.max(0, Math.min(1, value))));
}

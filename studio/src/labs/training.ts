import { type Key, fold, key } from "../../../src/base/random.ts";
import { full, ndarray } from "../../../src/base/ndarray.ts";
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
  subsampleIndices,
  take,
} from "../../../src/data/index.ts";
import { js } from "../../../src/distances/index.ts";
import { type Evaluation, type Evaluator, evaluator } from "../../../src/evaluation/index.ts";
import { evaluate as evaluateGraph } from "../../../src/graph/evaluate.ts";
import { constant } from "../../../src/graph/tensor.ts";
import { type ConfiguredModel, classifier } from "../../../src/models/index.ts";
import type { AdversarialLoss } from "../../../src/objectives/index.ts";
import { type TrainOptions, planRun } from "../../../src/run/index.ts";
import { type Features, type TrainedModel, classifierFeatures } from "../../../src/trained/index.ts";
import { LiveTraining } from "../../../src/train/index.ts";
import type { Engine } from "../../../src/runtime/index.ts";
import type { Bench, Code, Numbers, PlanePicture, Text } from "./lab.ts";

// What the labs that train have in common: the plan of `zaya train` in the page.

/** What the field of a discriminator's scores shows. */
export const scoreLabel: Text = {
  en: "discriminator score (higher: more likely real)",
  fa: "امتیاز تمییزدهنده (بیشتر: احتمالاً واقعی‌تر)",
};

/** Opens a training run as `zaya train` does. */
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

const written = (value: object) =>
  JSON.stringify(value)
    .replaceAll(/"(\w+)":/g, "$1: ")
    .replaceAll(",", ", ");

/** Metrics that a lab measures in addition to what a training run logs. */
interface Measured {
  /** By their names in zaya, with their options. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  /** Test items that are compared with. */
  readonly limit?: number;
  /** Of a generator that keeps an average of its parameters the command is told to take the last ones, as labs do. */
  readonly hasEma?: boolean;
  readonly features?: FeatureNet;
}

/** A classifier that is trained for its features. */
interface FeatureNet {
  /** Folder of its run. */
  readonly run: string;
  /** The metrics that are measured in them. */
  readonly metrics: readonly string[];
  /** Data as after `--data`. */
  readonly data: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly training: TrainOptions;
}

/** A training run of a lab: the arguments of `zaya train` and of the library. */
interface Training {
  readonly recipe: string;
  /** Name of the model in the library. */
  readonly name: string;
  readonly model: Readonly<Record<string, unknown>>;
  /** Data as after `--data`. */
  readonly data: readonly string[];
  readonly training: TrainOptions;
  /** The step at which the numbers are wanted, where that is not the end of the training. */
  readonly until?: number;
  /** What a lab shows of it. */
  readonly shows?: readonly ("samples" | "health" | "overfitting" | "evaluate")[];
  readonly measured?: Measured;
  /** Additional code, which can use `training` and `data`. */
  readonly also?: Script;
}

/** The command and the code that reproduce the numbers of a training run. */
export function trainingCode(lab: string, shown: Training): Code {
  return trainingsCode([[lab, shown]]);
}

/** The commands and the code of several consecutive training runs, by their names. */
export function trainingsCode(all: readonly (readonly [lab: string, shown: Training])[]): Code {
  const commands = all.flatMap(([lab, shown]) => commandOf(lab, shown).split("\n"));
  const scripts = all.map(([lab, shown]) => ({ lab, ...scriptOf(shown) }));
  // What several need, such as a feature net, is trained once.
  const shared = new Set(scripts.flatMap(({ shared: own }) => own));
  const imports = new Map<string, Set<string>>();
  for (const { imports: own } of scripts) {
    for (const [module, names] of Object.entries(own)) {
      imports.set(module, new Set([...(imports.get(module) ?? []), ...names]));
    }
  }
  const head = [...imports]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([module, names]) => `import { ${[...names].toSorted().join(", ")} } from "${module}";`);
  const bodies = scripts.map(({ lab, lines }) =>
    scripts.length === 1 ? lines.join("\n") : [`// ${lab}`, "{", ...lines.map((line) => `  ${line}`), "}"].join("\n"),
  );
  return {
    cli: [...new Set(commands)].join("\n"),
    typescript: `${head.join("\n")}\n\n${[...shared].join("\n")}\n${bodies.join("\n\n")}`,
  };
}

function commandOf(lab: string, { recipe, model, data, training, until, measured }: Training): string {
  const words = (options: object) =>
    Object.entries(options).map(([option, value]) => `${flagOf(option)} ${String(value)}`);
  const run = `runs/${lab}`;
  const train = (name: string, on: readonly string[], options: object, out: string) =>
    ["npx zaya train", name, `--data ${on.join(" ")}`, "--device wasm", ...words(options), `--out ${out}`].join(" ");
  const lines = [
    train(recipe, data, { ...model, ...training, ...(until !== undefined && { until, sampleEvery: until }) }, run),
  ];
  if (measured !== undefined) {
    const { metrics, limit, hasEma = false, features } = measured;
    const classifier = features?.run;
    if (features !== undefined)
      lines.push(train("classifier", features.data, { ...features.options, ...features.training }, features.run));
    // Metrics that are measured alike are measured together.
    const calls = new Map<string, string[]>();
    for (const [metric, options] of Object.entries(metrics)) {
      const how = words({
        ...options,
        ...(limit !== undefined && { limit }),
        ...(hasEma && { weights: "last" }),
        ...(features?.metrics.includes(metric) && { features: classifier }),
      }).join(" ");
      calls.set(how, [...(calls.get(how) ?? []), `--metric ${metric}`]);
    }
    for (const [how, alike] of calls) {
      lines.push([`npx zaya eval ${run} --device wasm`, ...alike, ...(how === "" ? [] : [how])].join(" "));
    }
  }
  return lines.join("\n");
}

/** A program: what it imports by module, and its lines. */
interface Script {
  readonly imports: Readonly<Record<string, readonly string[]>>;
  readonly lines: readonly string[];
}

function scriptOf({
  name,
  model,
  data,
  training,
  until,
  shows = [],
  measured,
  also,
}: Training): Script & { readonly shared: readonly string[] } {
  const names = Object.keys(measured?.metrics ?? {}).map((each) =>
    each.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
  );
  const { features, limit, metrics } = measured ?? {};
  const imports: Record<string, readonly string[]> = {
    ...(measured !== undefined && { zaya: ["fold", "key"], "zaya/evaluation": ["evaluator"], "zaya/metrics": names }),
    ...(limit !== undefined && { "zaya/data": ["take"] }),
    "zaya/models": [name, ...(features === undefined ? [] : ["classifier"])],
    "zaya/node": ["openData"],
    "zaya/run": ["planRun"],
    "zaya/runtime": ["wasmEngine"],
    "zaya/train": ["LiveTraining"],
    ...(features !== undefined && { "zaya/trained": ["classifierFeatures"] }),
  };
  for (const [module, needed] of Object.entries(also?.imports ?? {})) {
    imports[module] = [...new Set([...(imports[module] ?? []), ...needed])];
  }
  const open = (configured: string, on: string, options: object) =>
    `await LiveTraining.open(await planRun(${configured}, ${on}, ${written(options)}, { engine }))`;
  const specOf = ([spec, flag, limit]: readonly string[]) =>
    `"${spec}"${flag === "--limit" ? `, { limit: ${limit} }` : ""}`;
  const shared = [
    `const engine = wasmEngine();`,
    ...(features === undefined
      ? []
      : [
          `const net = ${open(`classifier(${written(features.options)})`, `await openData(${specOf(features.data)})`, features.training)};`,
          `while (net.step < net.steps) await net.next();`,
          `const features = await classifierFeatures(net.trained, "classifier");`,
        ]),
  ];
  const lines = [
    `const data = await openData(${specOf(data)});`,
    `const training = ${open(`${name}(${written(model)})`, "data", training)};`,
    `let losses = {};`,
    `while (training.step < ${until ?? training.steps}) losses = await training.next();`,
    `console.log(losses);`,
    ...shows.map((each) => `console.log(await training.${each}());`),
  ];
  if (measured !== undefined) {
    lines.push(
      `const test = ${limit === undefined ? "data.test" : `take(data.test, ${limit})`};`,
      `const subject = { trained: training.trained, data: test, part: "test", training: data.train, key: fold(key(${training.seed}), "evaluate") };`,
      `const measure = evaluator(subject);`,
      ...(features === undefined ? [] : [`const measureIn = evaluator({ ...subject, features });`]),
      ...Object.entries(metrics!).map(([metric, options], i) => {
        const given = Object.keys(options).length === 0 ? "" : `, ${written(options)}`;
        return `console.log(await ${features?.metrics.includes(metric) ? "measureIn" : "measure"}(${names[i]}${given}));`;
      }),
    );
  }
  return { imports, shared, lines: [...lines, ...(also?.lines ?? [])] };
}

/** Measures metrics as `zaya eval RUN --limit N` does. */
export function evaluatorOf(
  training: LiveTraining,
  data: DataSplit,
  seed: number,
  { limit = data.test.size, features }: { readonly limit?: number; readonly features?: Features } = {},
): Evaluator {
  const test = limit < data.test.size ? take(data.test, limit) : data.test;
  const subject = { trained: training.trained, data: test, part: "test", training: data.train };
  return evaluator({ ...subject, features, key: fold(key(seed), "evaluate") });
}

/** Meters of a result: its value, and the ends of its interval and its floor where there are such. */
export function intervalMeters(name: string, { value, interval, floor }: Evaluation): Numbers {
  const [low, high] = interval;
  return {
    [name]: value,
    ...(Number.isFinite(low) && { [`${name}Low`]: low, [`${name}High`]: high }),
    ...(floor !== undefined && { [`${name}Floor`]: floor }),
  };
}

/** The features of a classifier that is trained for them, as `zaya train classifier` does. */
export async function trainFeatures(
  data: DataSplit,
  { options, training }: Pick<FeatureNet, "options" | "training">,
  engine: Engine,
): Promise<Features> {
  const opened = await openTraining(classifier(options), data, training, engine);
  while (opened.step < opened.steps) await opened.next();
  return classifierFeatures(opened.trained, "classifier");
}

/** What the discriminator's loss is where it cannot tell real items from generated ones; undefined for critics. */
export function equilibriumOf({ discriminator, boundary }: AdversarialLoss): number | undefined {
  if (boundary === null) return undefined;
  const undecided = constant(full([1, 1], boundary.score));
  return evaluateGraph([discriminator(undecided, undecided)], {})[0]!.data[0] as number;
}

/** The Jensen-Shannon divergence between two sets of points, x and y in turn, as `zaya distance --metric js` estimates it. */
export function jsBetween(a: Float32Array, b: Float32Array): number {
  const side = (xy: Float32Array) => ({ points: toPoints(ndarray("float32", [xy.length / 2, 2], xy), "points") });
  return js.measure(side(a), side(b), {}, { key: key(0), memory: Infinity }).value;
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

/** The earth mover's distance of as many training points from the test points that samples are compared with: what a perfect generator has. */
export async function emdFloor({ train, test }: DataSplit): Promise<number> {
  const points = async (data: Dataset) => toPoints(await readExact(data, subsampleIndices(data, compared)), data.name);
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

import { z } from "zod";
import { ndarray } from "../../../src/base/ndarray.ts";
import { fold, key, normal } from "../../../src/base/random.ts";
import { toPoints } from "../../../src/numeric/points.ts";
import {
  costMatrix,
  costOf,
  densePlan,
  exactTransport,
  sinkhorn,
  slicedWasserstein,
} from "../../../src/transport/index.ts";
import { arrayDataset } from "../../../src/data/index.ts";
import { constant, staticDim } from "../../../src/graph/tensor.ts";
import { type Model, defineModel } from "../../../src/models/index.ts";
import { mlp } from "../../../src/nn/index.ts";
import { gradientPenalty, wasserstein } from "../../../src/objectives/index.ts";
import { add, leakyRelu, mean, mul, slice, sub } from "../../../src/ops/index.ts";
import { adam } from "../../../src/optim/index.ts";
import type { LiveTraining } from "../../../src/train/index.ts";
import { type Bench, choice, defineLab, slider } from "./lab.ts";
import { openTraining } from "./training.ts";

const arrangements = {
  apart: { en: "six boxes, every plan costs 42", fa: "شش جعبه، هزینهٔ هر طرح ۴۲" },
  mixed: { en: "six boxes, plans differ", fa: "شش جعبه، طرح‌ها متفاوت‌اند" },
  clouds: { en: "two clouds", fa: "دو ابر نقطه" },
  ring: { en: "a cloud and a ring", fa: "یک ابر و یک حلقه" },
  drawn: { en: "points of your own", fa: "نقطه‌های خودتان" },
} as const;

const controls = z.object({
  arrangement: choice({ en: "arrangement", fa: "چینش" }, "apart", arrangements),
  method: choice({ en: "plan that is drawn", fa: "طرحی که رسم می‌شود" }, "exact", {
    exact: { en: "exact", fa: "دقیق" },
    sinkhorn: { en: "Sinkhorn", fa: "سینکهورن" },
    reverse: { en: "in reverse order", fa: "به ترتیب وارونه" },
  }),
  play: choice({ en: "a step", fa: "هر گام" }, "move", {
    move: { en: "moves mass along the plan", fa: "جرم را در مسیر طرح جابه‌جا می‌کند" },
    critic: { en: "trains the critic of a WGAN-GP", fa: "منتقد یک WGAN-GP را آموزش می‌دهد" },
  }),
  epsilon: slider(
    { en: "ε of Sinkhorn, as a share of the mean cost", fa: "ε سینکهورن، نسبت به میانگین هزینه" },
    0.1,
    [0.02, 1, 0.02],
  ),
  directions: slider({ en: "directions of the sliced distance", fa: "تعداد جهت‌های فاصلهٔ برشی" }, 50, [1, 200, 1]),
  points: slider({ en: "points in a cloud", fa: "نقطه‌ها در هر ابر" }, 24, [2, 60, 1]),
});

const boxes = {
  apart: [
    [0, 1, 2, 4, 5, 6],
    [7, 8, 9, 11, 12, 13],
  ],
  mixed: [
    [1, 3, 5, 7, 9, 11],
    [2, 4, 6, 8, 10, 12],
  ],
} as const;

/** Share of its way that mass travels in a step. */
const pace = 0.05;
const travelSteps = Math.round(1 / pace);

/** Where points of one's own begin. */
const begun = {
  source: [-3, 1, -2.5, -1, -2, 0.2],
  target: [2, 1.5, 2.6, -0.5, 1.6, -1.8],
} as const;

/** Rows of a batch of the critic at least; every point is in it equally often. */
const criticRows = 256;
/** Weight of the gradient penalty: at the mean cost of 1, the slope of the optimal critic exceeds 1 by 1 %. */
const penaltyWeight = 50;
const criticSteps = 5000;

const criticOptions = z.object({ width: z.number(), unit: z.number() });

/** The critic of a WGAN-GP between two fixed sets of points, whose rows hold a source and a target. */
const critic = defineModel({
  name: "critic",
  summary: "a critic between two sets of points",
  source: "Gulrajani et al., arXiv 1704.00028",
  options: criticOptions,
  defaults: { batch: criticRows, length: { steps: criticSteps }, learningRate: 1e-3 },
  build: ({ width, unit }: z.output<typeof criticOptions>, { scale }): Model => {
    const vector = (values: readonly number[]) =>
      constant(
        ndarray(
          "float32",
          [values.length],
          Float32Array.from(values, (value) => value / unit),
        ),
      );
    return {
      nets: { critic: mlp([width, 64, 64, 1], { activation: (x) => leakyRelu(x, 0.2) }) },
      steps: [
        {
          name: "critic",
          updates: ["critic"],
          optimizer: (learningRate) => adam({ learningRate, beta1: 0.5, beta2: 0.9 }),
          loss: (batch, scope) => {
            // In units of the mean cost, as the scale of a penalty means the same for all arrangements then.
            const rows =
              scale === undefined ? mul(batch, 1 / unit) : add(mul(batch, vector(scale.deviation)), vector(scale.mean));
            const [fake, real] = [slice(rows, 1, 0, width), slice(rows, 1, width, 2 * width)];
            const f = scope.nets.critic!;
            const places = scope.noise("places", "uniform", [staticDim(batch, 0, "critic"), 1]);
            const penalty = mul(gradientPenalty(f, real, fake, places), penaltyWeight);
            const gap = sub(mean(f(real)), mean(f(fake)));
            return { loss: add(wasserstein.discriminator(f(real), f(fake)), penalty), logs: { gap } };
          },
        },
      ],
      maps: {
        critic: {
          inputs: { place: [width] },
          outputs: ({ place }, { nets }) => ({ value: mul(nets.critic!(mul(place!, 1 / unit)), unit) }),
        },
      },
    };
  },
});

/** A training run of the critic between two sides. */
function openCritic({ source, target, width }: Sides, unit: number, { seed, engine }: Bench): Promise<LiveTraining> {
  const [n, m] = [source.length / width, target.length / width];
  const rows = n * m * Math.ceil(criticRows / (n * m));
  // Every pair equally often, so that the means of a batch are those of the points.
  const items = Float32Array.from({ length: 2 * width * rows }, (_, at) => {
    const [row, column] = [Math.floor(at / (2 * width)), at % (2 * width)];
    return column < width
      ? source[(row % n) * width + column]!
      : target[(Math.floor(row / n) % m) * width + column - width]!;
  });
  const data = arrayDataset({ name: "pairs", kind: "points", items: ndarray("float32", [rows, 2 * width], items) });
  return openTraining(
    critic({ width, unit }),
    { train: data, test: data },
    { steps: criticSteps, batch: rows, schedule: "constant", seed },
    engine,
  );
}

const criticImports = `import { arrayDataset } from "zaya/data";
import { defineModel, z } from "zaya/models";
import { mlp } from "zaya/nn";
import { gradientPenalty, wasserstein } from "zaya/objectives";
import { add, leakyRelu, mean as meanOf, mul, slice, sub } from "zaya/ops";
import { adam } from "zaya/optim";
import { planRun } from "zaya/run";
import { wasmEngine } from "zaya/runtime";
import { LiveTraining } from "zaya/train";
`;

/** The critic as a program, after `source`, `target`, `mean` and `exact`. */
const criticCode = (width: number, seed: number, step: number) => `

// The critic of a WGAN-GP, in units of the mean cost; each row holds a source and a target, every pair equally often.
const [n, m] = [source, target].map(({ shape }) => shape[0]);
const rows = n * m * Math.ceil(${criticRows} / (n * m));
const items = Float32Array.from({ length: ${2 * width} * rows }, (_, at) => {
  const [row, column] = [Math.floor(at / ${2 * width}), at % ${2 * width}];
  return column < ${width}
    ? source.data[(row % n) * ${width} + column]
    : target.data[(Math.floor(row / n) % m) * ${width} + column - ${width}];
});
const pairs = arrayDataset({ name: "pairs", kind: "points", items: ndarray("float32", [rows, ${2 * width}], items) });
const vector = (values) => constant(ndarray("float32", [values.length], Float32Array.from(values, (value) => value / mean)));
const critic = defineModel({
  name: "critic",
  summary: "a critic between two sets of points",
  source: "Gulrajani et al., arXiv 1704.00028",
  options: z.object({}),
  defaults: { batch: rows, length: { steps: ${criticSteps} }, learningRate: 1e-3 },
  build: (_, { scale }) => ({
    nets: { critic: mlp([${width}, 64, 64, 1], { activation: (x) => leakyRelu(x, 0.2) }) },
    steps: [
      {
        name: "critic",
        updates: ["critic"],
        optimizer: (learningRate) => adam({ learningRate, beta1: 0.5, beta2: 0.9 }),
        loss: (batch, scope) => {
          const rescaled =
            scale === undefined ? mul(batch, 1 / mean) : add(mul(batch, vector(scale.deviation)), vector(scale.mean));
          const [fake, real] = [slice(rescaled, 1, 0, ${width}), slice(rescaled, 1, ${width}, ${2 * width})];
          const f = scope.nets.critic;
          const penalty = mul(gradientPenalty(f, real, fake, scope.noise("places", "uniform", [rows, 1])), ${penaltyWeight});
          const gap = sub(meanOf(f(real)), meanOf(f(fake)));
          return { loss: add(wasserstein.discriminator(f(real), f(fake)), penalty), logs: { gap } };
        },
      },
    ],
    maps: {},
  }),
});
const options = { steps: ${criticSteps}, batch: rows, schedule: "constant", seed: ${seed} };
const plan = await planRun(critic({}), { train: pairs, test: pairs }, options, { engine: wasmEngine() });
const training = await LiveTraining.open(plan);
let gap = NaN;
while (training.step < ${step}) gap = (await training.next())["critic/gap"] * mean;
console.log({ critic: gap, criticGap: 100 * (gap / exact.cost - 1) });`;

interface Sides {
  readonly source: Float64Array;
  readonly target: Float64Array;
  /** 1 on a line. */
  readonly width: 1 | 2;
}

function sidesOf({ arrangement, points }: z.output<typeof controls>, seed: number): Sides {
  if (arrangement === "apart" || arrangement === "mixed") {
    const [source, target] = boxes[arrangement];
    return { source: Float64Array.from(source), target: Float64Array.from(target), width: 1 };
  }
  if (arrangement === "drawn") {
    return { source: Float64Array.from(begun.source), target: Float64Array.from(begun.target), width: 2 };
  }
  const cloud = (name: string, x: number, y: number, spread: number) => {
    const drawn = normal(fold(key(seed), name), [points, 2]).data;
    return Float64Array.from(drawn, (value, i) => (i % 2 === 0 ? x : y) + spread * value);
  };
  const around = Float64Array.from({ length: 2 * points }, (_, i) => {
    const angle = (2 * Math.PI * Math.floor(i / 2)) / points;
    return 3 * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
  return arrangement === "ring"
    ? { source: cloud("source", 0, 0, 0.6), target: around, width: 2 }
    : { source: cloud("source", -2, 0, 0.8), target: cloud("target", 2, 0.5, 0.8), width: 2 };
}

const [lineExtent, planeExtent] = [
  [-1, 14, -2.2, 3.2],
  [-4.5, 4.5, -3.6, 3.6],
] as const;
/** Points that a person can draw on either side. */
const mostDrawn = 60;
const fieldSide = 32;
const criticLabel = { en: "value of the critic", fa: "مقدار منتقد" } as const;
const pens = [
  { name: "source", label: { en: "adds a source", fa: "یک مبدأ اضافه می‌شود" } },
  { name: "target", label: { en: "adds a target", fa: "یک مقصد اضافه می‌شود" } },
  { name: "remove", label: { en: "removes the nearest point", fa: "نزدیک‌ترین نقطه حذف می‌شود" } },
] as const;

/** The critic's value over the plane; on a line it is the same all the way up. */
async function criticOn(
  training: LiveTraining,
  [x0, x1, y0, y1]: readonly [number, number, number, number],
  width: 1 | 2,
) {
  const count = fieldSide * fieldSide;
  const places = Float32Array.from({ length: width * count }, (_, at) => {
    const i = Math.floor(at / width);
    return at % width === 0
      ? x0 + (((i % fieldSide) + 0.5) / fieldSide) * (x1 - x0)
      : y0 + ((Math.floor(i / fieldSide) + 0.5) / fieldSide) * (y1 - y0);
  });
  const { value } = await training.trained.map("critic", { place: ndarray("float32", [count, width], places) });
  const values = value!.data as Float32Array;
  return { values, low: Math.min(...values), high: Math.max(...values) };
}

export const earthMover = defineLab({
  id: "earth-mover",
  title: { en: "Earth mover", fa: "جابه‌جاکنندهٔ خاک" },
  idea: {
    en: "The earth mover's distance is the cost of the cheapest plan that carries one distribution to the other, and potentials prove that none is cheaper.",
    fa: "فاصلهٔ جابه‌جاکنندهٔ خاک هزینهٔ ارزان‌ترین طرحی است که یک توزیع را به دیگری می‌برد و پتانسیل‌ها ثابت می‌کنند که طرح ارزان‌تری نیست.",
  },
  lesson: [
    {
      en: "Six boxes are to the left of six positions: the cheapest plan costs 42, and so does every other, as all moves go to the right.",
      fa: "شش جعبه در سمت چپ شش جایگاه‌اند: ارزان‌ترین طرح ۴۲ هزینه دارد و همهٔ طرح‌های دیگر هم، چون همهٔ حرکت‌ها به سمت راست‌اند.",
    },
    {
      en: "In the second arrangement some moves would go left: in order the plan costs 6, in reverse order 36.",
      fa: "در چینش دوم بعضی حرکت‌ها به چپ می‌روند: به ترتیب هزینه ۶ است و به ترتیب وارونه ۳۶.",
    },
    {
      en: "The bars are dual potentials: their sum, weighted by mass, is the distance, and no pair of them exceeds the cost of its move.",
      fa: "میله‌ها پتانسیل‌های دوگان‌اند: جمع وزن‌دار آن‌ها همان فاصله است و جمع هیچ جفتی از هزینهٔ جابه‌جایی‌اش بیشتر نیست.",
    },
    {
      en: "Sinkhorn blurs the plan: the larger ε is, the further its cost lies above the exact one.",
      fa: "سینکهورن طرح را تار می‌کند: هر چه ε بزرگ‌تر، هزینهٔ آن از هزینهٔ دقیق بیشتر.",
    },
    {
      en: "Press play and every point travels along its plan: in 20 steps the cost falls in a straight line to 0.",
      fa: "پخش را بزنید تا هر نقطه در مسیر طرح حرکت کند: هزینه در ۲۰ گام روی خطی راست به صفر می‌رسد.",
    },
  ],
  question: {
    en: "Why do all plans of the first arrangement cost the same? Which function proves it?",
    fa: "چرا همهٔ طرح‌های چینش نخست هزینهٔ یکسان دارند؟ کدام تابع آن را ثابت می‌کند؟",
  },
  challenge: {
    text: {
      en: "On the clouds, find an ε whose cost is within 1 % of the exact one.",
      fa: "برای دو ابر، مقداری از ε بیابید که هزینه‌اش کمتر از ۱ درصد با هزینهٔ دقیق تفاوت داشته باشد.",
    },
    isMet: ({ line = 1, gap = 1 }, step) => line === 0 && step === 0 && gap < 1,
  },
  controls,
  contrast: { method: "sinkhorn" },
  measureEvery: 1,
  meters: [
    { id: "total", label: { en: "exact cost, all boxes together", fa: "هزینهٔ دقیق، همهٔ جعبه‌ها با هم" }, ideal: 0 },
    { id: "drawn", label: { en: "cost of the plan that is drawn", fa: "هزینهٔ طرح رسم‌شده" } },
    {
      id: "emd",
      label: { en: "exact, per unit of mass (EMD)", fa: "دقیق، به ازای واحد جرم (EMD)" },
      ideal: 0,
      chart: "cost",
    },
    { id: "sinkhorn", label: { en: "Sinkhorn", fa: "سینکهورن" }, ideal: { en: "EMD", fa: "EMD" }, chart: "cost" },
    {
      id: "sliced",
      label: { en: "sliced", fa: "برشی" },
      ideal: { en: "at most EMD", fa: "حداکثر EMD" },
      chart: "cost",
    },
    {
      id: "critic",
      label: { en: "critic of a WGAN-GP", fa: "منتقد WGAN-GP" },
      ideal: { en: "EMD", fa: "EMD" },
      chart: "cost",
    },
    { id: "gap", label: { en: "Sinkhorn above exact, %", fa: "فزونی سینکهورن بر دقیق، ٪" }, ideal: 0 },
    { id: "slicedGap", label: { en: "sliced above exact, %", fa: "فزونی برشی بر دقیق، ٪" } },
    { id: "criticGap", label: { en: "critic above exact, %", fa: "فزونی منتقد بر دقیق، ٪" }, ideal: 0 },
    { id: "dual", label: { en: "sum of the potentials", fa: "جمع پتانسیل‌ها" }, ideal: { en: "EMD", fa: "EMD" } },
  ],
  pictures: [
    { id: "plan", title: { en: "Where mass goes", fa: "جرم به کجا می‌رود" } },
    { id: "matrix", title: { en: "The plan as a matrix", fa: "طرح به شکل ماتریس" } },
    { id: "potentials", title: { en: "Dual potentials", fa: "پتانسیل‌های دوگان" } },
  ],
  charts: [{ id: "cost", title: { en: "Costs over the steps", fa: "هزینه‌ها در طول گام‌ها" } }],
  explain: {
    text: {
      en: "Left, the minimum over plans; right, the maximum over pairs of potentials whose sum never exceeds the cost. Both are equal. The critic of a Wasserstein GAN takes the place of the potentials.",
      fa: "در چپ همهٔ طرح‌ها و در راست همهٔ پتانسیل‌هایی که هیچ‌جا از هزینه بیشتر نیستند؛ دو طرف به هم می‌رسند. منتقد GAN واسرشتاین جای پتانسیل‌ها را می‌گیرد.",
    },
    formula: ({ emd = 0, dual = 0, sinkhorn: blurred = 0 }) => [
      String.raw`\min_{\pi\in\Pi(a,b)}\sum_{ij}\pi_{ij}\,c_{ij}=${emd.toPrecision(5)}\;=\;\max_{u_i+v_j\le c_{ij}}\ \sum_i a_iu_i+\sum_j b_jv_j=${dual.toPrecision(5)}`,
      String.raw`\text{Sinkhorn: }\ \min_\pi\ \langle\pi,c\rangle+\varepsilon\,\mathrm{KL}(\pi\,\|\,a\otimes b)\ \Rightarrow\ \langle\pi,c\rangle=${blurred.toPrecision(5)}`,
    ],
  },
  code: ({ arrangement, epsilon, directions, points, play }, seed, step) => {
    const isLine = arrangement === "apart" || arrangement === "mixed";
    const learns = play === "critic" && step > 0;
    const { source, target, width } = sidesOf({ arrangement, points } as z.output<typeof controls>, seed);
    const written = (values: Float64Array) =>
      isLine || arrangement === "drawn"
        ? `ndarray("float64", [${values.length / width}, ${width}], Float64Array.of(${values.join(", ")}))`
        : null;
    const cloud = (name: string, x: number, y: number, spread: number) => `cloud("${name}", ${x}, ${y}, ${spread})`;
    const [a, b] =
      arrangement === "clouds"
        ? [cloud("source", -2, 0, 0.8), cloud("target", 2, 0.5, 0.8)]
        : arrangement === "ring"
          ? [cloud("source", 0, 0, 0.6), "ring"]
          : [written(source), written(target)];
    const made = `const cloud = (name, x, y, spread) => {
  const drawn = normal(fold(key(${seed}), name), [${points}, 2]).data;
  return ndarray("float64", [${points}, 2], Float64Array.from(drawn, (value, i) => (i % 2 === 0 ? x : y) + spread * value));
};
${
  arrangement === "ring"
    ? `const around = (i) => (2 * Math.PI * Math.floor(i / 2)) / ${points};
const ring = ndarray("float64", [${points}, 2], Float64Array.from({ length: ${2 * points} }, (_, i) => 3 * (i % 2 === 0 ? Math.cos(around(i)) : Math.sin(around(i)))));
`
    : ""
}`;
    const csv = (values: Float64Array) => values.join("\\n");
    return {
      cli: isLine
        ? `printf '${csv(source)}\\n' > boxes.csv && printf '${csv(target)}\\n' > places.csv && npx zaya distance boxes.csv places.csv`
        : null,
      typescript: `import { ${learns ? "constant, " : ""}fold, key, ndarray, normal, toPoints } from "zaya";
${learns ? criticImports : ""}import { costMatrix, exactTransport, sinkhorn, slicedWasserstein } from "zaya/transport";

${arrangement === "clouds" || arrangement === "ring" ? made : ""}const source = toPoints(${a}, "sources");
const target = toPoints(${b}, "targets");
const costs = costMatrix(source, target);
const exact = exactTransport(costs);
const mean = costs.data.reduce((sum, cost) => sum + cost, 0) / costs.data.length;
const blurred = sinkhorn(costs, { epsilon: ${epsilon} * mean, iterations: 2000, tolerance: 1e-5 });
const sliced = slicedWasserstein(source, target, ${directions}, fold(key(${seed}), "sliced"));
console.log({ emd: exact.cost, sinkhorn: blurred.cost, sliced: sliced.distance }, exact.potentials);${learns ? criticCode(width, seed, step) : ""}`,
      further: "npx zaya repro wgan-emd",
    };
  },
  open: async (chosen, bench) => {
    const { seed } = bench;
    let sides = sidesOf(chosen, seed);
    const isDrawn = chosen.arrangement === "drawn";
    const learns = chosen.play === "critic";
    /** The critic's training; null before its first step and where its points have changed. */
    let training: LiveTraining | null = null;
    let estimate = Number.NaN;
    let step = 0;
    // Every point keeps the target that the first plan gave it.
    let start = sides.source.slice();
    const solved = () => {
      const { source, target, width } = sides;
      const side = (data: Float64Array, name: string) =>
        toPoints(ndarray("float64", [data.length / width, width], data), name);
      const [a, b] = [side(source, "sources"), side(target, "targets")];
      const costs = costMatrix(a, b);
      const exact = exactTransport(costs);
      const mean = costs.data.reduce((sum, cost) => sum + cost, 0) / costs.data.length;
      const blurred =
        mean > 0 ? sinkhorn(costs, { epsilon: chosen.epsilon * mean, iterations: 2000, tolerance: 1e-5 }) : null;
      const sliced = slicedWasserstein(a, b, chosen.directions, fold(key(seed), "sliced"));
      const n = source.length / width;
      const m = target.length / width;
      const backwards = {
        shape: [n, m] as const,
        from: Int32Array.from({ length: n }, (_, i) => i),
        to: Int32Array.from({ length: n }, (_, i) => m - 1 - i),
        mass: new Float64Array(n).fill(1 / n),
      };
      const drawn =
        chosen.method === "sinkhorn" && blurred !== null
          ? { matrix: blurred.plan.data, cost: blurred.cost }
          : chosen.method === "reverse" && n === m
            ? { matrix: densePlan(backwards).data, cost: costOf(backwards, costs) }
            : { matrix: densePlan(exact.plan).data, cost: exact.cost };
      return { costs, exact, blurred, sliced, n, m, drawn };
    };
    let known: ReturnType<typeof solved> | null = null;
    const now = () => (known ??= solved());
    let targetOf = new Int32Array();
    const begin = () => {
      known = null;
      step = 0;
      start = sides.source.slice();
      const { exact, n } = now();
      targetOf = new Int32Array(n);
      for (let e = 0; e < exact.plan.mass.length; e++) targetOf[exact.plan.from[e]!] = exact.plan.to[e]!;
    };
    begin();
    const unit = () => {
      const { data } = now().costs;
      return data.reduce((sum, cost) => sum + cost, 0) / data.length || 1;
    };
    return {
      length: learns ? criticSteps : travelSteps,
      get step() {
        return step;
      },
      advance: async () => {
        step++;
        if (learns) {
          training ??= await openCritic(sides, unit(), bench);
          estimate = (await training.next())["critic/gap"]! * unit();
          return { critic: estimate };
        }
        const share = Math.min(1, step * pace);
        const { width, target } = sides;
        const source = start.map((from, i) => {
          const to = target[targetOf[Math.floor(i / width)]! * width + (i % width)]!;
          return from + share * (to - from);
        });
        sides = { ...sides, source };
        known = null;
        return {};
      },
      measure: async () => {
        const { exact, blurred, sliced, n, m, drawn } = now();
        const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
        /** A share of nothing is no number. */
        const above = (name: string, value: number) =>
          exact.cost > 0 ? { [name]: 100 * (value / exact.cost - 1) } : {};
        const dual = sum(exact.potentials.source) / n + sum(exact.potentials.target) / m;
        return {
          total: exact.cost * n,
          drawn: drawn.cost * n,
          emd: exact.cost,
          sinkhorn: blurred?.cost ?? 0,
          sliced: sliced.distance,
          ...above("gap", blurred?.cost ?? 0),
          ...above("slicedGap", sliced.distance),
          ...(training !== null && above("criticGap", estimate)),
          dual,
          line: sides.width === 1 ? 1 : 0,
        };
      },
      pictures: async () => {
        const { exact, n, m, drawn } = now();
        const { source, target, width } = sides;
        const place = (data: Float64Array, i: number, y: number): [number, number] =>
          width === 1 ? [data[i]!, y] : [data[2 * i]!, data[2 * i + 1]!];
        const flat = (data: Float64Array, count: number, y: number) =>
          Float64Array.from({ length: 2 * count }, (_, i) => place(data, i >> 1, y)[i % 2]!);
        const most = drawn.matrix.reduce((best, mass) => Math.max(best, mass), 0);
        const segments: number[] = [];
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < m; j++) {
            const share = drawn.matrix[i * m + j]! / most;
            if (share > 0.02) segments.push(...place(source, i, 2), ...place(target, j, -1), share);
          }
        }
        const extent = width === 1 ? lineExtent : planeExtent;
        const field = training === null ? null : await criticOn(training, extent, width);
        const words = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));
        return {
          plan: {
            kind: "plane",
            extent,
            segments,
            ...(field !== null && {
              field: { label: criticLabel, columns: fieldSide, rows: fieldSide, ...field },
            }),
            ...(isDrawn && { pens }),
            points: [
              { label: { en: "source", fa: "مبدأ" }, colour: "fake", xy: flat(source, n, 2), size: 6 },
              { label: { en: "target", fa: "مقصد" }, colour: "real", xy: flat(target, m, -1), size: 6, hollow: true },
            ],
          },
          matrix: {
            kind: "matrix",
            rows: words(n),
            columns: words(m),
            values: drawn.matrix,
            low: 0,
            high: most,
            rowLabel: { en: "from source", fa: "از مبدأ" },
            columnLabel: { en: "to target", fa: "به مقصد" },
          },
          potentials: {
            kind: "bars",
            places: words(Math.max(n, m)),
            xLabel: { en: "point", fa: "نقطه" },
            series: [
              { label: { en: "u of sources", fa: "u مبدأها" }, colour: "fake", values: exact.potentials.source },
              { label: { en: "v of targets", fa: "v مقصدها" }, colour: "real", values: exact.potentials.target },
            ],
          },
        };
      },
      poke: (name, [x = 0, y = 0]) => {
        if (!isDrawn) return;
        const { source, target } = sides;
        const nearest = (points: Float64Array) => {
          let [best, distance] = [-1, Infinity];
          for (let i = 0; i < points.length / 2; i++) {
            const own = Math.hypot(points[2 * i]! - x, points[2 * i + 1]! - y);
            if (own < distance) [best, distance] = [i, own];
          }
          return { best, distance };
        };
        const without = (points: Float64Array, i: number) =>
          points.length > 2 ? points.filter((_, at) => at >> 1 !== i) : points;
        if (name === "source" || name === "target") {
          if (sides[name].length < 2 * mostDrawn) sides = { ...sides, [name]: Float64Array.of(...sides[name], x, y) };
        } else {
          const [a, b] = [nearest(source), nearest(target)];
          sides =
            a.distance < b.distance
              ? { ...sides, source: without(source, a.best) }
              : { ...sides, target: without(target, b.best) };
        }
        void training?.release();
        training = null;
        begin();
      },
      release: async () => {
        await training?.release();
      },
    };
  },
});

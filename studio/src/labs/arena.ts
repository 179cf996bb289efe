import { z } from "zod";
import { range } from "../../../src/base/range.ts";
import { fold, key } from "../../../src/base/random.ts";
import { readExact } from "../../../src/data/index.ts";
import { distancePoints } from "../../../src/evaluation/distance-record.ts";
import { gan, wgan, wganGp } from "../../../src/models/index.ts";
import { type AdversarialLoss, hinge, leastSquares, minimax, nonSaturating } from "../../../src/objectives/index.ts";
import { type Numbers, type PlanePicture, choice, defineLab, slider } from "./lab.ts";
import {
  emdFloor,
  equilibriumOf,
  generatedData,
  jsBetween,
  modeShares,
  openTraining,
  pointsOf,
  risesAt,
  scoresOn,
  trainingCode,
  scoreLabel,
} from "./training.ts";

const losses = {
  "non-saturating": { en: "non-saturating", fa: "غیراشباع‌شونده" },
  minimax: { en: "minimax", fa: "کمینه-بیشینه" },
  "least-squares": { en: "least squares", fa: "کمترین مربعات" },
  hinge: { en: "hinge", fa: "لولایی" },
  wgan: { en: "Wasserstein, weight clipping", fa: "واسرشتاین با برش وزن" },
  "wgan-gp": { en: "Wasserstein, gradient penalty", fa: "واسرشتاین با جریمهٔ گرادیان" },
} as const;

/** The objectives by the losses; those of critics have an equilibrium without a level. */
const objectives: Readonly<Record<keyof typeof losses, AdversarialLoss | null>> = {
  "non-saturating": nonSaturating,
  minimax,
  "least-squares": leastSquares,
  hinge,
  wgan: null,
  "wgan-gp": null,
};

const isLogistic = (loss: keyof typeof losses) => loss === "minimax" || loss === "non-saturating";

const controls = z.object({
  data: choice({ en: "data", fa: "داده" }, "ring8", {
    ring8: { en: "8 Gaussians on a ring", fa: "۸ گاوسی روی حلقه" },
    grid25: { en: "25 Gaussians on a grid", fa: "۲۵ گاوسی روی شبکه" },
    moons: { en: "two moons", fa: "دو هلال" },
    "swiss-roll": { en: "Swiss roll", fa: "رول سوئیسی" },
  }),
  loss: choice({ en: "loss", fa: "تابع زیان" }, "non-saturating", losses),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 50, 1]),
  width: slider({ en: "width of both hidden layers", fa: "پهنای دو لایهٔ پنهان" }, 64, [8, 128, 8]),
  noise: slider({ en: "instance noise at the start", fa: "نویز ورودی در آغاز" }, 0, [0, 0.5, 0.05]),
  batch: slider({ en: "batch size", fa: "اندازهٔ دسته" }, 128, [32, 256, 32]),
});

type Controls = z.output<typeof controls>;

/** Steps over which noise is annealed, and after which the lab stops. */
const steps = 20_000;
const shown = 500;
const side = 40;

function modelOf({ loss, width, noise }: Controls) {
  const options = { hidden: [width, width], ...(noise > 0 && { instanceNoise: noise }) };
  if (loss === "wgan") return { recipe: "wgan", name: "wgan", options, model: wgan(options) };
  if (loss === "wgan-gp") return { recipe: "wgan-gp", name: "wganGp", options, model: wganGp(options) };
  return { recipe: "gan", name: "gan", options: { loss, ...options }, model: gan({ loss, ...options }) };
}

/** The squares that the data lie in. */
const extents: Readonly<Record<Controls["data"], PlanePicture["extent"]>> = {
  ring8: [-1.6, 1.6, -1.6, 1.6],
  grid25: [-5.5, 5.5, -5.5, 5.5],
  moons: [-1.6, 2.6, -1.85, 2.35],
  "swiss-roll": [-2.5, 2.5, -2.5, 2.5],
};

export const arena = defineLab({
  id: "gan-arena",
  title: { en: "GAN arena", fa: "آوردگاه GAN" },
  idea: {
    en: "A generator learns only from a discriminator's scores of its points; the loss decides whether all modes are found.",
    fa: "مولد فقط از امتیازی که تمییزدهنده به نقطه‌هایش می‌دهد یاد می‌گیرد؛ تابع زیان تعیین می‌کند که همهٔ مُدها پیدا شوند یا نه.",
  },
  lesson: [
    {
      en: "Squares are data, discs are generated from the same noise at every step, and the background is the discriminator's score.",
      fa: "مربع‌ها داده‌اند، دایره‌ها در هر گام از همان نویز تولید می‌شوند و پس‌زمینه امتیاز تمییزدهنده است.",
    },
    {
      en: "Arrows show where the score rises: that is all the generator learns from.",
      fa: "پیکان‌ها جهت افزایش امتیاز را نشان می‌دهند: مولد تنها از همین یاد می‌گیرد.",
    },
    {
      en: "With the optimal discriminator the minimax value is −log 4 + 2 JS; at equilibrium the discriminator's loss is log 4 ≈ 1.386.",
      fa: "با تمییزدهندهٔ بهینه، مقدار بازی −log 4 + 2 JS است؛ در تعادل، زیان تمییزدهنده log 4 ≈ 1.386 است.",
    },
    {
      en: "A falling loss says little here: watch the share of each mode and the earth mover's distance instead.",
      fa: "کم‌شدن زیان در اینجا چیز زیادی نمی‌گوید: سهم مُدها و فاصلهٔ جابه‌جاکنندهٔ خاک را دنبال کنید.",
    },
    {
      en: "Compare two losses with the same seed: everything that differs between A and B comes from the loss alone.",
      fa: "دو تابع زیان را با یک بذر مقایسه کنید: هر تفاوتی میان A و B فقط از تابع زیان است.",
    },
  ],
  question: {
    en: "Which loss keeps all 8 modes for the whole run, and on how many of five seeds?",
    fa: "کدام تابع زیان در سراسر اجرا هر ۸ مُد را نگه می‌دارد و برای چند بذر از پنج بذر؟",
  },
  challenge: {
    text: {
      en: "On the ring, 30 % of the points near a mode and at least 5 modes covered, within 3,000 steps.",
      fa: "روی حلقه، ۳۰ درصد نقطه‌ها نزدیک یک مُد و دست‌کم ۵ مُد پوشش‌داده‌شده، در ۳٬۰۰۰ گام.",
    },
    isMet: ({ modes = 0, quality = 0, of = 0 }, step) => of === 8 && step <= 3000 && modes >= 5 && quality >= 0.3,
  },
  controls,
  contrast: { loss: "wgan-gp" },
  measureEvery: 250,
  nets: [
    { name: "discriminator", label: { en: "discriminator only", fa: "فقط تمییزدهنده" } },
    { name: "generator", label: { en: "generator only", fa: "فقط مولد" } },
  ],
  meters: [
    {
      id: "modes",
      label: { en: "modes covered", fa: "مُدهای پوشش‌داده‌شده" },
      ideal: { en: "all", fa: "همه" },
      chart: "modes",
    },
    { id: "quality", label: { en: "share of points near a mode", fa: "سهم نقطه‌های نزدیک به یک مُد" }, ideal: 0.99 },
    { id: "emd", label: { en: "EMD to test points", fa: "EMD تا نقطه‌های آزمون" }, chart: "distance" },
    {
      id: "floor",
      label: { en: "EMD of other real points (floor)", fa: "EMD نقطه‌های واقعی دیگر (کف)" },
      chart: "distance",
    },
    {
      id: "js",
      label: { en: "JS to test points, from 500 samples", fa: "JS تا نقطه‌های آزمون، از ۵۰۰ نمونه" },
      ideal: 0,
      chart: "js",
    },
    {
      id: "jsFloor",
      label: { en: "JS of other real points (floor)", fa: "JS نقطه‌های واقعی دیگر (کف)" },
      chart: "js",
    },
    {
      id: "jsDiscriminator",
      label: { en: "JS by the discriminator: (log 4 − loss) / 2", fa: "JS به برآورد تمییزدهنده: (log 4 − زیان) / 2" },
      ideal: 0,
      chart: "js",
    },
    {
      id: "discriminator",
      label: { en: "loss of the discriminator", fa: "زیان تمییزدهنده" },
      ideal: ({ loss }) => {
        const objective = objectives[loss];
        return objective === null ? undefined : equilibriumOf(objective);
      },
      chart: "losses",
    },
    { id: "generator", label: { en: "loss of the generator", fa: "زیان مولد" }, chart: "losses" },
  ],
  pictures: [
    { id: "plane", title: { en: "Points and the discriminator's field", fa: "نقطه‌ها و میدان تمییزدهنده" } },
    { id: "shares", title: { en: "Share of points by mode", fa: "سهم نقطه‌ها به تفکیک مُد" } },
  ],
  charts: [
    { id: "modes", title: { en: "Modes covered", fa: "مُدهای پوشش‌داده‌شده" } },
    { id: "distance", title: { en: "Earth mover's distance", fa: "فاصلهٔ جابه‌جاکنندهٔ خاک" } },
    { id: "js", title: { en: "Jensen-Shannon divergence", fa: "واگرایی ینسن-شانون" } },
    { id: "losses", title: { en: "Losses, with the equilibrium", fa: "زیان‌ها، با مقدار تعادل" } },
  ],
  explain: {
    text: {
      en: "The discriminator raises V, the generator lowers it (minimax) or raises log D of its own points (non-saturating), whose gradient does not vanish where D is confident.",
      fa: "تمییزدهنده V را زیاد و مولد آن را کم می‌کند (کمینه-بیشینه)، یا log D نقطه‌های خودش را زیاد می‌کند (غیراشباع‌شونده) که گرادیانش جایی که D مطمئن است از بین نمی‌رود.",
    },
    formula: ({ discriminator = Math.log(4), modes = 0, emd = 0 }, { loss }) => [
      String.raw`V(D,G)=\mathbb{E}_{x}\log D(x)+\mathbb{E}_{z}\log\bigl(1-D(G(z))\bigr)${loss.startsWith("w") || loss === "hinge" || loss === "least-squares" ? "" : String.raw`=${(-discriminator).toFixed(4)}`}`,
      String.raw`\max_D V=-\log 4+2\,\mathrm{JS}(p_{\mathrm{data}},p_G)\ \ge\ -\log 4=-1.3863`,
      String.raw`\text{modes: }${modes},\qquad W_1\approx ${emd.toPrecision(4)}`,
    ],
  },
  code: (chosen, seed, step) => {
    const { recipe, name, options } = modelOf(chosen);
    const until = Math.max(1, step);
    // Instance noise falls over the whole run: a shorter one is another.
    const length =
      chosen.noise > 0
        ? { training: trainingOf(chosen, seed, steps), until }
        : { training: trainingOf(chosen, seed, until) };
    return {
      ...trainingCode("arena", {
        recipe,
        name,
        model: options,
        data: [chosen.data],
        shows: ["samples"],
        also: {
          imports: {
            zaya: ["fold", "key", "toPoints"],
            "zaya/data": ["readExact", "subsampleIndices"],
            "zaya/distances": ["js"],
            "zaya/transport": ["costMatrix", "exactTransport"],
          },
          lines: [
            `const pointsAt = async (part, indices) => toPoints(await readExact(part, indices), part.name);`,
            `const first = Int32Array.from({ length: ${shown} }, (_, i) => i);`,
            `const generated = toPoints(await training.trained.sample(fold(key(${seed}), "arena"), ${shown}), "samples");`,
            `const real = await pointsAt(data.test, first);`,
            `const jsTo = (points) => js.measure({ points }, { points: real }, {}, { key: key(0), memory: Infinity }).value;`,
            `console.log({ js: jsTo(generated), jsFloor: jsTo(await pointsAt(data.train, first)) });`,
            ...(isLogistic(chosen.loss)
              ? [`console.log({ jsDiscriminator: (Math.log(4) - losses["discriminator/loss"]) / 2 });`]
              : []),
            `const [a, b] = [data.train, data.test].map((part) => pointsAt(part, subsampleIndices(part, ${distancePoints})));`,
            `console.log({ floor: exactTransport(costMatrix(await a, await b)).cost });`,
          ],
        },
        ...length,
      }),
      further: `npx zaya train ${recipe} --data mnist${recipe === "gan" ? ` --loss ${chosen.loss}` : ""}`,
    };
  },
  open: async (chosen, { seed, engine }) => {
    const data = generatedData(chosen.data);
    const training = await openTraining(modelOf(chosen).model, data, trainingOf(chosen, seed, steps), engine);
    const real = Float32Array.from((await readExact(data.test, range(0, shown))).data);
    const extent = extents[chosen.data];
    const noise = fold(key(seed), "arena");
    const { modes } = data.test;
    const of = modes?.kind === "centers" ? modes.centers.shape[0]! : Number.NaN;
    let measured: Numbers = {};
    // What a perfect generator would have: real points that are not those compared with.
    const floor = await emdFloor(data);
    const others = Float32Array.from((await readExact(data.train, range(0, shown))).data);
    const jsFloor = jsBetween(others, real);
    return {
      length: training.steps,
      get step() {
        return training.step;
      },
      advance: async (net) => {
        const name = net === "discriminator" && chosen.loss.startsWith("wgan") ? "critic" : net;
        const scalars = name === undefined ? await training.next() : await training.update(name);
        const discriminator = scalars["discriminator/loss"] ?? scalars["critic/loss"];
        const generator = scalars["generator/loss"];
        return {
          ...(discriminator !== undefined && { discriminator }),
          ...(discriminator !== undefined &&
            isLogistic(chosen.loss) && { jsDiscriminator: (Math.log(4) - discriminator) / 2 }),
          ...(generator !== undefined && { generator }),
        };
      },
      measure: async () => {
        measured = await training.samples();
        return {
          ...(Number.isFinite(of) && {
            modes: measured["modes/covered"]!,
            quality: measured["modes/highQuality"]!,
            of,
          }),
          emd: measured["distance/emd"]!,
          floor,
          js: jsBetween(await pointsOf(training.trained, noise, shown), real),
          jsFloor,
        };
      },
      pictures: async () => {
        const { trained } = training;
        const fake = await pointsOf(trained, noise, shown);
        const values = await scoresOn(trained, extent, side);
        const { boundary } = trained.model.discriminator!;
        const sorted = Float32Array.from(values).sort();
        const [low, high] =
          boundary === null
            ? [sorted[Math.floor(0.02 * sorted.length)]!, sorted[Math.floor(0.98 * sorted.length)]!]
            : [boundary.score - 2 * boundary.margin, boundary.score + 2 * boundary.margin];
        const shares = modeShares(measured);
        return {
          plane: {
            kind: "plane",
            extent,
            field: {
              label: scoreLabel,
              columns: side,
              rows: side,
              values,
              low,
              high,
              ...(boundary !== null && { level: boundary.score }),
            },
            points: [
              { label: { en: "data", fa: "داده" }, colour: "real", xy: real, size: 4, hollow: true },
              { label: { en: "generated", fa: "تولیدشده" }, colour: "fake", xy: fake, size: 2.5 },
            ],
            arrows: await risesAt(trained, fake.subarray(0, 120), (extent[1] - extent[0]) / 12),
          },
          ...(shares.length > 0 && {
            shares: {
              kind: "bars",
              places: shares.map((_, i) => String(i + 1)),
              xLabel: { en: "mode", fa: "مُد" },
              ideal: 1 / shares.length,
              series: [
                {
                  label: { en: "share of 2,500 generated points", fa: "سهم از ۲٬۵۰۰ نقطهٔ تولیدشده" },
                  colour: "fake",
                  values: shares,
                },
              ],
            },
          }),
        };
      },
      release: () => training.release(),
    };
  },
});

function trainingOf({ rate, batch }: Controls, seed: number, length: number) {
  return { steps: length, batch, learningRate: rate * 1e-4, schedule: "constant", seed } as const;
}

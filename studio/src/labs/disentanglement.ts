import { z } from "zod";
import { range } from "../../../src/base/range.ts";
import { rows } from "../../../src/base/ndarray.ts";
import { shapes } from "../../../src/data/index.ts";
import { mig } from "../../../src/metrics/index.ts";
import { betaVae } from "../../../src/models/index.ts";
import { traversalCodes } from "../../../src/plot/pictures.ts";
import { type Numbers, type PlaceName, type Text, choice, defineLab, slider } from "./lab.ts";
import { evaluatorOf, openTraining, pixelsOf, trainingsCode } from "./training.ts";

const controls = z.object({
  beta: slider({ en: "β", fa: "β" }, 4, [0.5, 20, 0.5]),
  latent: slider({ en: "latent dimensions", fa: "بُعدهای نهفته" }, 6, [2, 10, 1]),
  seeds: choice({ en: "training runs", fa: "آموزش‌ها" }, "one", {
    one: { en: "one, with this seed", fa: "یکی، با همین بذر" },
    several: {
      en: "five, one after another, with this seed and the next",
      fa: "پنج‌تا، یکی پس از دیگری، با همین بذر و بذرهای بعدی",
    },
  }),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 30, 1]),
});

type Controls = z.output<typeof controls>;
const [steps, columns, points, reconstructed] = [20_000, 9, 600, 9] as const;
/** Number of training runs over which the spread is shown, and the steps of each. */
const [several, stepsEach] = [5, 1000] as const;
/** Seeds of the page are below it. */
const seedsEnd = 10_000;
const seedOf = (seed: number, i: number) => (seed + i) % seedsEnd;

const optionsOf = ({ beta, latent }: Controls) => ({ latent, hidden: [128], beta });
const trainingOf = ({ rate }: Controls, seed: number, length: number) =>
  ({ steps: length, batch: 64, learningRate: rate * 1e-4, schedule: "constant", seed }) as const;

/** Names of the factors, as the metric spells them. */
const factorNames: Readonly<Record<string, Text>> = {
  Shape: { en: "shape", fa: "شکل" },
  Scale: { en: "scale", fa: "اندازه" },
  Orientation: { en: "orientation", fa: "جهت" },
  X: { en: "x", fa: "x" },
  Y: { en: "y", fa: "y" },
};
/** The factor that a detail of the metric is about. */
const factorOf = (detail: string, prefix: string): PlaceName => {
  const name = detail.slice(prefix.length);
  return factorNames[name] ?? name;
};

export const disentanglement = defineLab({
  id: "disentanglement",
  title: { en: "Disentanglement", fa: "تفکیک عامل‌ها" },
  idea: {
    en: "A larger β can make single latent dimensions follow single factors, at the cost of the reconstruction, and not with every seed.",
    fa: "β بزرگ‌تر می‌تواند هر بُعد نهفته را پیرو یک عامل کند، به بهای بازسازی، و نه برای هر بذر.",
  },
  lesson: [
    {
      en: "The images are sprites whose shape, scale, orientation and position are known exactly.",
      fa: "تصویرها شکل‌هایی هستند که نوع، اندازه، جهت و جای آن‌ها دقیقاً معلوم است.",
    },
    {
      en: "In each row one latent dimension runs from −2.5 to 2.5 and the others stay fixed; the row with the largest KL comes first.",
      fa: "در هر ردیف یک بُعد نهفته از −2.5 تا 2.5 تغییر می‌کند و بقیه ثابت‌اند؛ ردیفی که KL بیشتری دارد بالاتر است.",
    },
    {
      en: "If a row changes one thing only, its dimension is disentangled.",
      fa: "اگر در یک ردیف فقط یک چیز تغییر کند، آن بُعد تفکیک شده است.",
    },
    {
      en: "MIG measures this: how much more the best dimension tells about a factor than the second best, as a share of the factor's entropy.",
      fa: "MIG همین را می‌سنجد: بهترین بُعد چقدر بیش از دومی دربارهٔ یک عامل اطلاعات دارد، نسبت به آنتروپی آن عامل.",
    },
    {
      en: "Change the seed: the spread over seeds is often larger than that over values of β (Locatello et al., 2019).",
      fa: "بذر را تغییر دهید: پراکندگی میان بذرها غالباً بیش از پراکندگی میان مقدارهای β است (Locatello و همکاران، ۲۰۱۹).",
    },
  ],
  question: {
    en: "Over five seeds, is the MIG at β = 4 significantly above that at β = 1?",
    fa: "روی پنج بذر، آیا MIG با β = 4 قطعاً بیشتر از β = 1 است؟",
  },
  challenge: {
    text: {
      en: "A KL term below 4 nats with a reconstruction term below 110 nats, within 1,000 steps.",
      fa: "جملهٔ KL کمتر از ۴ نات و جملهٔ بازسازی کمتر از ۱۱۰ نات، در ۱٬۰۰۰ گام.",
    },
    isMet: ({ kl = Infinity, recon = Infinity }, step) => step > 0 && step <= 1000 && kl < 4 && recon < 110,
  },
  controls,
  contrast: { beta: 1 },
  measureEvery: 200,
  meters: [
    { id: "mig", label: { en: "MIG, on 600 items", fa: "MIG، از ۶۰۰ تصویر" }, ideal: 1, chart: "mig" },
    { id: "migError", label: { en: "its standard error", fa: "خطای معیار آن" } },
    { id: "recon", label: { en: "reconstruction term, nats", fa: "جملهٔ بازسازی، نات" }, chart: "recon" },
    { id: "kl", label: { en: "KL term, nats", fa: "جملهٔ KL، نات" }, chart: "kl" },
    {
      id: "active",
      label: { en: "active latent dimensions", fa: "بُعدهای نهفتهٔ فعال" },
      ideal: { en: "5, one per factor", fa: "۵، یکی برای هر عامل" },
    },
  ],
  pictures: [
    { id: "perSeed", title: { en: "MIG of each seed", fa: "MIG هر بذر" } },
    { id: "traversals", title: { en: "One latent dimension per row", fa: "هر ردیف یک بُعد نهفته" } },
    { id: "pairs", title: { en: "Test images and their reconstructions", fa: "تصویرهای آزمون و بازسازی آن‌ها" } },
    {
      id: "information",
      title: {
        en: "Information of each latent dimension about each factor",
        fa: "هر بُعد نهفته چقدر دربارهٔ هر عامل می‌داند",
      },
    },
    { id: "gaps", title: { en: "Gap by factor", fa: "فاصلهٔ اطلاعات به تفکیک عامل" } },
    { id: "perLatent", title: { en: "KL by latent dimension", fa: "KL به تفکیک بُعد نهفته" } },
  ],
  charts: [
    { id: "mig", title: { en: "MIG", fa: "MIG" } },
    { id: "recon", title: { en: "Reconstruction term", fa: "جملهٔ بازسازی" } },
    { id: "kl", title: { en: "KL term", fa: "جملهٔ KL" } },
  ],
  explain: {
    text: {
      en: "I is the mutual information between a latent dimension and a factor v, H the entropy of the factor; the best and the second best dimension are compared.",
      fa: "I اطلاعات متقابل میان یک بُعد نهفته و عامل v و H آنتروپی عامل است؛ بهترین و دومین بُعد با هم مقایسه می‌شوند.",
    },
    formula: ({ mig: value = 0, migError = 0, recon = 0, kl = 0 }, { beta }) => [
      String.raw`\min\ \mathbb{E}_q[-\log p(x|z)]+\beta\,\mathrm{KL}=${recon.toFixed(1)}+${beta}\cdot${kl.toFixed(2)}`,
      String.raw`\mathrm{MIG}=\frac1K\sum_k\frac{I(z_{(1)};v_k)-I(z_{(2)};v_k)}{H(v_k)}=${value.toFixed(3)}\pm${migError.toFixed(3)}`,
    ],
  },
  code: (chosen, seed, step) => {
    const isSeries = chosen.seeds === "several";
    const begun = isSeries ? Math.min(several, Math.max(1, Math.ceil(step / stepsEach))) : 1;
    const trainings = Array.from({ length: begun }, (_, i) => {
      const until = isSeries ? Math.min(stepsEach, Math.max(1, step - i * stepsEach)) : Math.max(1, step);
      const run = isSeries ? `disentanglement-${seedOf(seed, i)}` : "disentanglement";
      const shown = {
        recipe: "beta-vae",
        name: "betaVae",
        model: optionsOf(chosen),
        data: ["shapes"],
        training: trainingOf(chosen, seedOf(seed, i), until),
        shows: ["evaluate"],
        measured: { metrics: { mig: { points } } },
      } as const;
      return [run, shown] as const;
    });
    return { ...trainingsCode(trainings), further: "npx zaya repro beta-vae" };
  },
  open: async (chosen, { seed, engine }) => {
    const data = shapes.generate(32);
    const isSeries = chosen.seeds === "several";
    const trainingAt = (i: number) =>
      openTraining(
        betaVae(optionsOf(chosen)),
        data,
        trainingOf(chosen, seedOf(seed, i), isSeries ? stepsEach : steps),
        engine,
      );
    /** MIG of the completed training runs. */
    const ended: number[] = [];
    let training = await trainingAt(0);
    let latest = Number.NaN;
    let information: readonly (readonly [string, readonly number[]])[] = [];
    const images = await data.test.read(range(0, reconstructed));
    let gaps: readonly (readonly [string, number])[] = [];
    let perLatent: readonly number[] = Array.from({ length: chosen.latent }, () => 0);
    const pixels = 32 * 32;
    return {
      length: isSeries ? several * stepsEach : steps,
      get step() {
        return ended.length * stepsEach + training.step;
      },
      advance: async () => {
        if (isSeries && training.step === stepsEach) {
          ended.push(latest);
          await training.release();
          training = await trainingAt(ended.length);
        }
        await training.next();
        return {};
      },
      measure: async (): Promise<Numbers> => {
        const gap = await evaluatorOf(training, data, seedOf(seed, ended.length))(mig, { points });
        const details = Object.entries(gap.details);
        gaps = details.filter((entry): entry is [string, number] => entry[0].startsWith("gap"));
        information = details.filter((entry): entry is [string, readonly number[]] =>
          entry[0].startsWith("information"),
        );
        latest = gap.value;
        const [found] = await training.evaluate();
        const { recon, kl, activeUnits, klPerLatent } = found!.details as Readonly<Record<string, number>> & {
          readonly klPerLatent: readonly number[];
        };
        perLatent = klPerLatent;
        return { mig: gap.value, migError: gap.stderr, recon: recon!, kl: kl!, active: activeUnits! };
      },
      pictures: async () => {
        const { trained } = training;
        const codes = await trained.encode(images);
        const order = perLatent.map((_, i) => i).toSorted((a, b) => perLatent[b]! - perLatent[a]!);
        const traversed = await trained.decode(traversalCodes(rows(codes, 0, 1), order, columns, 2.5));
        const pairs = new Uint8Array(2 * reconstructed * pixels);
        pairs.set(pixelsOf(images.data as Float32Array));
        pairs.set(pixelsOf((await trained.decode(codes)).data as Float32Array), reconstructed * pixels);
        const known = [...ended, latest];
        return {
          ...(isSeries && {
            perSeed: {
              kind: "curves" as const,
              x: known.map((_, i) => seedOf(seed, i)),
              xLabel: { en: "seed", fa: "بذر" },
              curves: [
                { label: { en: "MIG", fa: "MIG" }, colour: "third" as const, values: known, dots: true },
                {
                  label: { en: "mean", fa: "میانگین" },
                  colour: "soft" as const,
                  values: known.map(() => known.reduce((sum, each) => sum + each, 0) / known.length),
                  dashed: true,
                },
              ],
            },
          }),
          information: {
            kind: "matrix",
            rows: information.map(([name]) => factorOf(name, "information")),
            columns: Array.from({ length: chosen.latent }, (_, i) => String(i + 1)),
            values: information.flatMap(([, shares]) => shares),
            low: 0,
            high: 1,
            rowLabel: { en: "factor, share of its entropy that is known", fa: "عامل، سهم معلوم از آنتروپی آن" },
            columnLabel: { en: "latent dimension", fa: "بُعد نهفته" },
          },
          traversals: {
            kind: "images",
            columns,
            width: 32,
            height: 32,
            pixels: pixelsOf(traversed.data as Float32Array),
          },
          pairs: { kind: "images", columns: reconstructed, width: 32, height: 32, pixels: pairs },
          gaps: {
            kind: "bars",
            places: gaps.map(([name]) => factorOf(name, "gap")),
            xLabel: { en: "factor", fa: "عامل" },
            series: [
              {
                label: { en: "information gap", fa: "فاصلهٔ اطلاعات" },
                colour: "third",
                values: gaps.map(([, value]) => value),
              },
            ],
          },
          perLatent: {
            kind: "bars",
            places: perLatent.map((_, i) => String(i + 1)),
            xLabel: { en: "latent dimension", fa: "بُعد نهفته" },
            series: [{ label: { en: "KL in nats", fa: "KL بر حسب نات" }, colour: "real", values: perLatent }],
          },
        };
      },
      release: () => training.release(),
    };
  },
});

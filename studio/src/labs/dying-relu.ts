import { z } from "zod";
import { gan } from "../../../src/models/index.ts";
import { fold, key } from "../../../src/base/random.ts";
import { range } from "../../../src/base/range.ts";
import { readExact } from "../../../src/data/index.ts";
import { type Numbers, choice, defineLab, slider } from "./lab.ts";
import { generatedData, openTraining, pointsOf, scoreLabel, scoresOn, trainingCode } from "./training.ts";

const controls = z.object({
  activation: choice({ en: "activation of the generator", fa: "تابع فعال‌سازی مولد" }, "relu", {
    relu: { en: "ReLU", fa: "ReLU" },
    "leaky-relu": { en: "Leaky ReLU, slope 0.2", fa: "Leaky ReLU با شیب ۰٫۲" },
    tanh: { en: "tanh", fa: "tanh" },
  }),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 1000, 1]),
  bias: slider(
    { en: "initial bias of the generator's hidden layers", fa: "بایاس آغازین لایه‌های پنهان مولد" },
    -2,
    [-6, 0, 0.5],
  ),
  width: slider({ en: "width of both hidden layers", fa: "پهنای دو لایهٔ پنهان" }, 64, [8, 128, 8]),
});

type Controls = z.output<typeof controls>;

const steps = 20_000;
/** On it depends how many items dead units are counted on. */
const sampleEvery = 500;
const extent = [-1.6, 1.6, -1.6, 1.6] as const;
const layers = ["layer1", "layer2"] as const;

function optionsOf({ activation, bias, width }: Controls) {
  return { activation, initialBias: bias, hidden: [width, width] };
}

function trainingOf({ rate }: Controls, seed: number, length: number) {
  return { steps: length, batch: 64, learningRate: rate * 1e-4, schedule: "constant", seed, sampleEvery } as const;
}

export const dyingRelu = defineLab({
  id: "dying-relu",
  title: { en: "Dying ReLU", fa: "ReLUهای مرده" },
  idea: {
    en: "A ReLU that is below 0 for every input passes no gradient and hardly ever recovers; a Leaky ReLU does.",
    fa: "واحد ReLU اگر برای همهٔ ورودی‌ها زیر صفر باشد هیچ گرادیانی عبور نمی‌دهد و تقریباً هرگز بازنمی‌گردد؛ واحد Leaky ReLU بازمی‌گردد.",
  },
  lesson: [
    {
      en: "A unit is dead where no noise vector lifts it above 0; the bars count dead units by layer.",
      fa: "واحدی مرده است که هیچ بردار نویزی آن را از صفر بالاتر نبرد؛ میله‌ها واحدهای مرده را به تفکیک لایه نشان می‌دهند.",
    },
    {
      en: "A large negative bias kills units before the first step; a large learning rate pushes them below 0 later.",
      fa: "بایاس منفی بزرگ واحدها را پیش از نخستین گام می‌کشد؛ نرخ یادگیری بزرگ بعداً آن‌ها را به زیر صفر پرتاب می‌کند.",
    },
    {
      en: "If a whole layer is dead, all noise gives the same point: the generator has collapsed.",
      fa: "اگر همهٔ یک لایه بمیرد، هر نویزی به یک نقطه می‌رسد: مولد فرو پاشیده است.",
    },
    {
      en: "The norm of the generator's gradient shows how much still reaches its parameters.",
      fa: "نُرم گرادیان مولد نشان می‌دهد چه مقدار هنوز به پارامترهایش می‌رسد.",
    },
    {
      en: "Compare A and B: with the same seed, bias and rate, only the slope below 0 differs.",
      fa: "A و B را مقایسه کنید: بذر، بایاس و نرخ یکی است و فقط شیبِ زیر صفر تفاوت دارد.",
    },
  ],
  question: {
    en: "From which bias on does the ReLU generator not recover? From which learning rate on?",
    fa: "از کدام بایاس به بعد مولدِ ReLU بازنمی‌گردد؟ و از کدام نرخ یادگیری؟",
  },
  challenge: {
    text: {
      en: "With ReLU, find a setting in which half of a layer dies after the first step.",
      fa: "با ReLU تنظیمی بیابید که نیمی از یک لایه پس از نخستین گام بمیرد.",
    },
    isMet: ({ dead1 = 0, dead2 = 0, before = 1 }, step) => step > 0 && before < 0.25 && Math.max(dead1, dead2) >= 0.5,
  },
  controls,
  contrast: { activation: "leaky-relu" },
  measureEvery: 100,
  nets: [{ name: "generator", label: { en: "generator only", fa: "فقط مولد" } }],
  meters: [
    { id: "dead1", label: { en: "dead units, layer 1", fa: "واحدهای مرده، لایهٔ ۱" }, ideal: 0, chart: "dead" },
    { id: "dead2", label: { en: "dead units, layer 2", fa: "واحدهای مرده، لایهٔ ۲" }, ideal: 0, chart: "dead" },
    { id: "gradient", label: { en: "norm of the generator's gradient", fa: "نُرم گرادیان مولد" }, chart: "gradient" },
    { id: "modes", label: { en: "modes covered", fa: "مُدهای پوشش‌داده‌شده" }, ideal: 8 },
    { id: "emd", label: { en: "EMD to test points", fa: "EMD تا نقطه‌های آزمون" }, chart: "emd" },
    { id: "loss", label: { en: "loss of the generator", fa: "زیان مولد" } },
  ],
  pictures: [
    { id: "plane", title: { en: "Generated points", fa: "نقطه‌های مولد" } },
    { id: "units", title: { en: "Share of dead units by layer", fa: "سهم واحدهای مرده به تفکیک لایه" } },
  ],
  charts: [
    { id: "dead", title: { en: "Share of dead units", fa: "سهم واحدهای مرده" } },
    { id: "gradient", title: { en: "Gradient that reaches the generator", fa: "گرادیانی که به مولد می‌رسد" } },
    { id: "emd", title: { en: "Earth mover's distance", fa: "فاصلهٔ جابه‌جاکنندهٔ خاک" } },
  ],
  explain: {
    text: {
      en: "Where h ≤ 0, the derivative of ReLU is 0 and that of Leaky ReLU is its slope.",
      fa: "جایی که h ≤ 0 است، مشتق ReLU صفر و مشتق Leaky ReLU برابر شیب آن است.",
    },
    formula: ({ dead1 = 0, dead2 = 0, gradient = 0 }, { activation }) => [
      activation === "relu"
        ? String.raw`\mathrm{ReLU}(h)=\max(0,h),\qquad \mathrm{ReLU}'(h)=0\ \text{ for } h\le 0`
        : String.raw`\mathrm{LeakyReLU}(h)=\max(0.2\,h,\,h),\qquad \text{slope } 0.2\ \text{ for } h<0`,
      String.raw`\text{dead: }${(100 * dead1).toFixed(0)}\%,\ ${(100 * dead2).toFixed(0)}\%,\qquad \lVert\nabla_G\rVert=${gradient.toPrecision(3)}`,
    ],
  },
  code: (chosen, seed, step) => ({
    ...trainingCode("dying-relu", {
      recipe: "gan",
      name: "gan",
      model: optionsOf(chosen),
      data: ["ring8"],
      training: trainingOf(chosen, seed, Math.max(1, step)),
      shows: ["health", "samples"],
    }),
    further: "npx zaya repro dying-relu",
  }),
  open: async (chosen, { seed, engine }) => {
    const data = generatedData("ring8");
    const training = await openTraining(gan(optionsOf(chosen)), data, trainingOf(chosen, seed, steps), engine);
    const real = Float32Array.from((await readExact(data.test, range(0, 400))).data);
    const noise = fold(key(seed), "arena");
    let dead: readonly number[] = [];
    let before = 0;
    return {
      length: training.steps,
      get step() {
        return training.step;
      },
      advance: async (net) => {
        const scalars = net === undefined ? await training.next() : await training.update(net);
        const loss = scalars["generator/loss"];
        return loss === undefined ? {} : { loss };
      },
      measure: async (): Promise<Numbers> => {
        const health = await training.health();
        const samples = await training.samples();
        dead = layers.flatMap((layer) => health[`dead/generator/${layer}`] ?? []);
        if (training.step === 0) before = Math.max(0, ...dead);
        return {
          ...(dead.length > 0 && { dead1: dead[0]!, dead2: dead[1]! }),
          gradient: health["gradient/generator/generator"]!,
          modes: samples["modes/covered"]!,
          emd: samples["distance/emd"]!,
          before,
        };
      },
      pictures: async () => ({
        plane: {
          kind: "plane",
          extent,
          field: {
            label: scoreLabel,
            columns: 32,
            rows: 32,
            values: await scoresOn(training.trained, extent, 32),
            low: -4,
            high: 4,
          },
          points: [
            { label: { en: "data", fa: "داده" }, colour: "real", xy: real, size: 4, hollow: true },
            {
              label: { en: "generated", fa: "تولیدشده" },
              colour: "fake",
              xy: await pointsOf(training.trained, noise, 400),
              size: 2.5,
            },
          ],
        },
        ...(dead.length > 0 && {
          units: {
            kind: "bars" as const,
            places: dead.map((_, i) => String(i + 1)),
            xLabel: { en: "hidden layer", fa: "لایهٔ پنهان" },
            series: [
              { label: { en: "share of dead units", fa: "سهم واحدهای مرده" }, colour: "fake" as const, values: dead },
            ],
          },
        }),
      }),
      release: () => training.release(),
    };
  },
});

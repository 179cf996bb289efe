import { z } from "zod";
import { range } from "../../../src/base/range.ts";
import { type DataSplit, digitsOutlined, hasSides } from "../../../src/data/index.ts";
import { cycleError as cycleErrorMetric, hiddenInformation, pairError } from "../../../src/metrics/index.ts";
import { cyclegan } from "../../../src/models/index.ts";
import { type Numbers, choice, defineLab, slider } from "./lab.ts";
import { digitLimit, evaluatorOf, openDigits, openTraining, pixelsOf, trainingCode } from "./training.ts";

const controls = z.object({
  lambda: slider({ en: "weight λ of the cycle loss", fa: "وزن λ زیان چرخه" }, 10, [0, 20, 1]),
  cycle: choice({ en: "cycles", fa: "چرخه‌ها" }, "both", {
    both: { en: "A → B → A and B → A → B", fa: "A → B → A و B → A → B" },
    forward: { en: "A → B → A only", fa: "فقط A → B → A" },
    none: { en: "none", fa: "هیچ" },
  }),
  channels: slider({ en: "channels of the first layer", fa: "کانال‌های لایهٔ نخست" }, 8, [4, 16, 4]),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 30, 1]),
});

type Controls = z.output<typeof controls>;
const [steps, shown, measured] = [10_000, 8, 64] as const;
const side = 32;
const direction = "AtoB";

function optionsOf({ lambda, cycle, channels }: Controls) {
  return {
    ngf: channels,
    blocks: 1,
    discriminatorLayers: 1,
    ...(cycle === "none" || lambda === 0 ? { cycle: "none" as const } : { cycle, lambda }),
  };
}

const trainingOf = ({ rate }: Controls, seed: number, length: number) =>
  ({ steps: length, batch: 4, learningRate: rate * 1e-4, schedule: "constant", seed }) as const;

export const translation = defineLab({
  id: "translation",
  title: { en: "Translation without pairs", fa: "ترجمه بدون جفت" },
  idea: {
    en: "Two generators learn to turn digits into outlines and back without ever seeing a pair; the cycle loss keeps the content.",
    fa: "دو مولد بدون دیدن هیچ جفتی یاد می‌گیرند رقم‌ها را به خط دورشان و برعکس تبدیل کنند؛ زیان چرخه محتوا را نگه می‌دارد.",
  },
  lesson: [
    {
      en: "Domain A consists of digits, domain B of the outlines of digits; the model never sees which belong together.",
      fa: "دامنهٔ A رقم‌ها و دامنهٔ B خط دور رقم‌هاست؛ مدل هرگز نمی‌بیند کدام به کدام تعلق دارد.",
    },
    {
      en: "The discriminator of B only asks whether an image looks like an outline, not whether it is the outline of this digit.",
      fa: "تمییزدهندهٔ B فقط می‌پرسد تصویر شبیه خط دور است یا نه، نه اینکه خط دور همین رقم است.",
    },
    {
      en: "The cycle A → B → A must return to the original: without that, any outline is as good as the right one.",
      fa: "چرخهٔ A → B → A باید برگردد: بدون آن هر خط دوری به خوبیِ خط دور درست است.",
    },
    {
      en: "Since we know the pairs, the error against the hidden target can be measured, though the model does not learn from it.",
      fa: "چون ما جفت‌ها را می‌دانیم، خطا تا جفت پنهان قابل اندازه‌گیری است، هر چند مدل از آن یاد نمی‌گیرد.",
    },
    {
      en: "Where imperceptible noise changes the reconstruction by much more than the noise itself, the original is hidden in the image rather than drawn.",
      fa: "اگر نویزی ناپیدا مسیر بازگشت را بسیار بیش از خودش تغییر دهد، تصویر اصلی به‌جای آنکه کشیده شود در تصویر پنهان شده است.",
    },
  ],
  question: {
    en: "With λ = 0, which error grows first: that of the cycle or that against the hidden target?",
    fa: "با λ = 0 کدام خطا اول زیاد می‌شود: خطای چرخه یا خطا تا جفت پنهان؟",
  },
  challenge: {
    text: {
      en: "An error against the hidden target below 0.12 from A to B, with a cycle error below 0.05, within 300 steps.",
      fa: "خطا تا جفت پنهان از A به B کمتر از ۰٫۱۲ و خطای چرخه کمتر از ۰٫۰۵، در ۳۰۰ گام.",
    },
    // Black images are near most outlines too, but nothing comes back from them.
    isMet: ({ pair = 1, cycleError = 1 }, step) => step > 0 && step <= 300 && pair < 0.12 && cycleError < 0.05,
  },
  controls,
  contrast: { cycle: "none" },
  measureEvery: 50,
  meters: [
    {
      id: "pair",
      label: { en: "error against the hidden target, A → B, 64 images", fa: "خطا تا جفت پنهان، A → B، ۶۴ تصویر" },
      ideal: 0,
      chart: "errors",
    },
    {
      id: "cycleError",
      label: { en: "cycle error, A → B → A", fa: "خطای چرخه، A → B → A" },
      ideal: 0,
      chart: "errors",
    },
    {
      id: "hidden",
      label: {
        en: "hidden information: response of the cycle to faint noise",
        fa: "اطلاعات پنهان: واکنش چرخه به نویز ناپیدا",
      },
      ideal: { en: "about 1 or less", fa: "حدود ۱ یا کمتر" },
      interval: ["hiddenLow", "hiddenHigh"],
      chart: "hidden",
    },
    { id: "generators", label: { en: "loss of the generators", fa: "زیان مولدها" }, chart: "losses" },
    {
      id: "discriminatorB",
      label: { en: "loss of B's discriminator", fa: "زیان تمییزدهندهٔ B" },
      ideal: 0.25,
      chart: "losses",
    },
  ],
  pictures: [
    {
      id: "strip",
      title: { en: "A, A → B, A → B → A, and the hidden target", fa: "A، A → B، A → B → A و جفت پنهان" },
      wide: true,
    },
  ],
  charts: [
    { id: "errors", title: { en: "Errors on test images", fa: "خطاها روی تصویرهای آزمون" } },
    { id: "hidden", title: { en: "Hidden information", fa: "اطلاعات پنهان" } },
    { id: "losses", title: { en: "Losses", fa: "زیان‌ها" } },
  ],
  explain: {
    text: {
      en: "G goes from A to B and F back; both are trained against a discriminator of their domain, and held together by the cycle.",
      fa: "G از A به B می‌رود و F برمی‌گردد؛ هر کدام در برابر تمییزدهندهٔ دامنهٔ خود آموزش می‌بیند و چرخه آن‌ها را به هم می‌بندد.",
    },
    formula: ({ cycleError = 0, pair = 0 }, { lambda }) => [
      String.raw`\mathcal L=\mathcal L_{\mathrm{GAN}}(G,D_B)+\mathcal L_{\mathrm{GAN}}(F,D_A)+${lambda}\,\bigl(\mathbb{E}\lVert F(G(a))-a\rVert_1+\mathbb{E}\lVert G(F(b))-b\rVert_1\bigr)`,
      String.raw`\text{cycle error }${cycleError.toPrecision(3)},\qquad \text{error against the hidden target }${pair.toPrecision(3)}`,
    ],
  },
  translators: { en: "Your own model and picture", fa: "مدل و تصویر خودتان" },
  code: (chosen, seed, step) => ({
    ...trainingCode("translation", {
      recipe: "cyclegan",
      name: "cyclegan",
      model: optionsOf(chosen),
      data: ["digits-outlined", "--limit", String(digitLimit)],
      training: trainingOf(chosen, seed, Math.max(1, step)),
      measured: {
        metrics: { "pair-error": { direction }, "cycle-error": { direction }, "hidden-information": { direction } },
        limit: measured,
      },
    }),
    further: "npx zaya repro cyclegan-digits",
  }),
  open: async (chosen, bench) => {
    const data: DataSplit = digitsOutlined.from(await openDigits(bench));
    const training = await openTraining(
      cyclegan(optionsOf(chosen)),
      data,
      trainingOf(chosen, bench.seed, steps),
      bench.engine,
    );
    if (!hasSides(data.test)) throw new Error("digits and their outlines must be pairs");
    const { a, b } = data.test.sides;
    const [images, pairs] = [await a.read(range(0, shown)), await b.read(range(0, shown))];
    return {
      length: training.steps,
      get step() {
        return training.step;
      },
      advance: async () => {
        const scalars = await training.next();
        return { generators: scalars["generators/loss"]!, discriminatorB: scalars["discriminatorB/loss"]! };
      },
      measure: async (): Promise<Numbers> => {
        const measure = evaluatorOf(training, data, bench.seed, { limit: measured });
        const [pair, around, hidden] = [
          await measure(pairError, { direction }),
          await measure(cycleErrorMetric, { direction }),
          await measure(hiddenInformation, { direction }),
        ];
        return {
          pair: pair.value,
          cycleError: around.value,
          hidden: hidden.value,
          hiddenLow: hidden.interval[0],
          hiddenHigh: hidden.interval[1],
        };
      },
      pictures: async () => {
        const there = await training.trained.translate(images, "AtoB");
        const back = await training.trained.translate(there, "BtoA");
        const pixels = new Uint8Array(4 * shown * side * side);
        for (const [i, each] of [images, there, back, pairs].entries()) {
          pixels.set(pixelsOf(each.data as Float32Array), i * shown * side * side);
        }
        return {
          strip: {
            kind: "images",
            columns: shown,
            width: side,
            height: side,
            pixels,
            rows: [
              { en: "A: digits", fa: "A: رقم‌ها" },
              { en: "A → B", fa: "A → B" },
              { en: "A → B → A", fa: "A → B → A" },
              { en: "hidden target", fa: "جفت پنهان" },
            ],
          },
        };
      },
      release: () => training.release(),
    };
  },
});

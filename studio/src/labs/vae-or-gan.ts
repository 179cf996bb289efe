import { z } from "zod";
import { fold, key } from "../../../src/base/random.ts";
import { take } from "../../../src/data/index.ts";
import type { Evaluator } from "../../../src/evaluation/index.ts";
import { fid, precision, recall, sharpness } from "../../../src/metrics/index.ts";
import { gan, vae } from "../../../src/models/index.ts";
import type { Features } from "../../../src/trained/index.ts";
import type { LiveTraining } from "../../../src/train/index.ts";
import { type Numbers, defineLab, slider } from "./lab.ts";
import {
  digitLimit,
  evaluatorOf,
  intervalMeters,
  openDigits,
  openTraining,
  pixelsOf,
  trainFeatures,
  trainingsCode,
} from "./training.ts";

const controls = z.object({
  latent: slider({ en: "dimensions of z, in both", fa: "بُعدهای z در هر دو" }, 8, [2, 32, 1]),
  width: slider({ en: "width of the hidden layer, in both", fa: "پهنای لایهٔ پنهان در هر دو" }, 128, [32, 256, 32]),
  rate: slider({ en: "learning rate × 10⁻⁴, for both", fa: "نرخ یادگیری × ۱۰⁻⁴ در هر دو" }, 20, [1, 50, 1]),
});

type Controls = z.output<typeof controls>;
const [steps, shown, measured] = [20_000, 30, 300];
const data = ["mnist", "--limit", String(digitLimit)];

/** A small classifier of the digits, in whose features both are compared. */
const featureNet = (seed: number) => ({
  run: "runs/digits",
  metrics: ["fid", "precision", "recall"],
  data,
  options: { arch: "mlp" as const, hidden: [64], features: 32 },
  training: { steps: 300, batch: 64, learningRate: 0.002, schedule: "constant" as const, seed },
});

const vaeOptions = ({ latent, width }: Controls) => ({ latent, hidden: [width] });
const ganOptions = ({ latent, width }: Controls) => ({ latent, hidden: [width], arch: "mlp" as const });
const trainingOf = ({ rate }: Controls, seed: number, length: number) =>
  ({ steps: length, batch: 64, learningRate: rate * 1e-4, schedule: "constant", seed }) as const;

export const vaeOrGan = defineLab({
  id: "vae-or-gan",
  title: { en: "VAE or GAN", fa: "VAE یا GAN" },
  idea: {
    en: "On the same digits, with the same decoder and the same steps, a VAE is blurred but covers all kinds, and a GAN is sharp but may miss some.",
    fa: "با همان رقم‌ها، همان رمزگشا و همان تعداد گام، VAE تار است ولی همه را پوشش می‌دهد و GAN تیز است ولی ممکن است بخشی را جا بیندازد.",
  },
  lesson: [
    {
      en: "Both decoders have the same layers and are trained on the same digits for the same number of steps; only the objective differs.",
      fa: "هر دو رمزگشا لایه‌های یکسان دارند و با همان رقم‌ها و همان تعداد گام آموزش می‌بینند؛ تنها تابع هدفشان متفاوت است.",
    },
    {
      en: "The likelihood of a VAE punishes every missed image, so it hedges: the mean of several digits is a blur.",
      fa: "درست‌نمایی VAE هر تصویر جاافتاده را جریمه می‌کند، پس محتاط است: میانگین چند رقم تار می‌شود.",
    },
    {
      en: "A GAN is punished for what looks wrong, not for what is missing: sharp edges, fewer kinds.",
      fa: "GAN برای آنچه بد به نظر می‌رسد جریمه می‌شود، نه برای آنچه نیست: لبه‌های تیز، گوناگونی کمتر.",
    },
    {
      en: "Sharpness is the variance of the Laplacian over that of real digits: noise counts as sharp, so read it with precision.",
      fa: "تیزی، واریانس لاپلاسین نسبت به رقم‌های واقعی است: نویز هم تیز شمرده می‌شود، پس آن را همراه دقت بخوانید.",
    },
    {
      en: "Precision asks whether samples look like data, recall whether data can be found among the samples.",
      fa: "دقت می‌پرسد آیا نمونه‌ها شبیه داده‌اند و بازیابی می‌پرسد آیا داده‌ها در میان نمونه‌ها یافت می‌شوند.",
    },
  ],
  question: {
    en: "When does the GAN overtake the VAE in precision? Does it ever in recall?",
    fa: "GAN چه زمانی در دقت از VAE پیشی می‌گیرد؟ در بازیابی چطور؟",
  },
  challenge: {
    text: {
      en: "A VAE with a sharpness above 0.4, within 1,000 steps.",
      fa: "یک VAE با تیزی بیش از ۰٫۴، در ۱٬۰۰۰ گام.",
    },
    isMet: ({ vaeSharpness = 0 }, step) => step > 0 && step <= 1000 && vaeSharpness > 0.4 && vaeSharpness < 1.2,
  },
  controls,
  contrast: { latent: 2 },
  measureEvery: 200,
  meters: [
    { id: "vaeSharpness", label: { en: "VAE: sharpness", fa: "VAE: تیزی" }, ideal: 1, chart: "sharpness" },
    { id: "ganSharpness", label: { en: "GAN: sharpness", fa: "GAN: تیزی" }, ideal: 1, chart: "sharpness" },
    ...(
      [
        ["vae", "VAE"],
        ["gan", "GAN"],
      ] as const
    ).flatMap(([id, name]) => [
      {
        id: `${id}Fid`,
        label: { en: `${name}: FID, in a classifier's features`, fa: `${name}: FID در ویژگی‌های یک طبقه‌بند` },
        ideal: { en: "the floor", fa: "کف" },
        interval: [`${id}FidLow`, `${id}FidHigh`] as const,
        chart: "fid",
      },
    ]),
    {
      id: "fidFloor",
      label: { en: "FID of other real digits (floor)", fa: "FID رقم‌های واقعی دیگر (کف)" },
      chart: "fid",
    },
    ...(
      [
        ["vae", "VAE"],
        ["gan", "GAN"],
      ] as const
    ).flatMap(([id, name]) => [
      {
        id: `${id}Precision`,
        label: { en: `${name}: precision`, fa: `${name}: دقت` },
        ideal: { en: "that of other real digits", fa: "همان مقدار رقم‌های واقعی دیگر" },
        interval: [`${id}PrecisionLow`, `${id}PrecisionHigh`] as const,
        chart: "precision",
      },
    ]),
    {
      id: "precisionFloor",
      label: { en: "precision of other real digits", fa: "دقت رقم‌های واقعی دیگر" },
      chart: "precision",
    },
    ...(
      [
        ["vae", "VAE"],
        ["gan", "GAN"],
      ] as const
    ).flatMap(([id, name]) => [
      {
        id: `${id}Recall`,
        label: { en: `${name}: recall`, fa: `${name}: بازیابی` },
        ideal: { en: "that of other real digits", fa: "همان مقدار رقم‌های واقعی دیگر" },
        interval: [`${id}RecallLow`, `${id}RecallHigh`] as const,
        chart: "recall",
      },
    ]),
    {
      id: "recallFloor",
      label: { en: "recall of other real digits", fa: "بازیابی رقم‌های واقعی دیگر" },
      chart: "recall",
    },
    { id: "vaeLoss", label: { en: "VAE: loss, nats", fa: "VAE: زیان، نات" } },
    { id: "ganLoss", label: { en: "GAN: loss of the discriminator", fa: "GAN: زیان تمییزدهنده" } },
  ],
  pictures: [
    { id: "vae", title: { en: "Samples of the VAE", fa: "نمونه‌های VAE" } },
    { id: "gan", title: { en: "Samples of the GAN", fa: "نمونه‌های GAN" } },
    { id: "real", title: { en: "Real digits", fa: "رقم‌های واقعی" } },
  ],
  charts: [
    { id: "sharpness", title: { en: "Sharpness", fa: "تیزی" } },
    { id: "fid", title: { en: "FID", fa: "FID" }, log: "y" },
    { id: "precision", title: { en: "Precision", fa: "دقت" } },
    { id: "recall", title: { en: "Recall", fa: "بازیابی" } },
  ],
  explain: {
    text: {
      en: "FID compares mean and covariance of features; precision and recall are shares of items within the nearest-neighbour balls of the other side. The 32 features are those of a small classifier, trained for 300 steps before the first measurement; 300 samples against 300 test digits, in brackets the 95 % interval.",
      fa: "FID میانگین و کوواریانس ویژگی‌ها را مقایسه می‌کند؛ دقت و بازیابی سهم تصویرهایی است که درون گوی‌های نزدیک‌ترین همسایهٔ طرف دیگرند. ۳۲ ویژگی از طبقه‌بند کوچکی است که پیش از نخستین اندازه‌گیری ۳۰۰ گام آموزش می‌بیند؛ ۳۰۰ نمونه در برابر ۳۰۰ رقم آزمون و بازهٔ اطمینان ۹۵ درصد در کروشه.",
    },
    formula: ({ vaeSharpness = 0, ganSharpness = 0, vaeFid = 0, ganFid = 0 }) => [
      String.raw`\mathrm{FID}=\lVert\mu_1-\mu_2\rVert^2+\mathrm{tr}\bigl(C_1+C_2-2(C_1C_2)^{1/2}\bigr)`,
      String.raw`\text{FID:}\quad \text{VAE }${vaeFid.toPrecision(4)},\quad \text{GAN }${ganFid.toPrecision(4)}`,
      String.raw`\text{VAE: }\max\ \mathbb{E}_q[\log p(x|z)]-\mathrm{KL}(q\,\|\,p),\qquad \text{GAN: }\min_G\max_D V(D,G)`,
      String.raw`\frac{\mathrm{Var}(\Delta\,\text{samples})}{\mathrm{Var}(\Delta\,\text{real})}:\quad \text{VAE }${vaeSharpness.toPrecision(3)},\quad \text{GAN }${ganSharpness.toPrecision(3)}`,
    ],
  },
  code: (chosen, seed, step) => {
    const training = trainingOf(chosen, seed, Math.max(1, step));
    const shown = {
      data,
      training,
      measured: {
        metrics: { fid: {}, precision: {}, recall: {}, sharpness: {} },
        limit: measured,
        features: featureNet(seed),
      },
    };
    return {
      ...trainingsCode([
        ["vae", { recipe: "vae", name: "vae", model: vaeOptions(chosen), ...shown }],
        [
          "gan",
          {
            recipe: "gan",
            name: "gan",
            model: ganOptions(chosen),
            ...shown,
            measured: { ...shown.measured, hasEma: true },
          },
        ],
      ]),
      further: "npx zaya repro vae-vs-gan",
    };
  },
  open: async (chosen, bench) => {
    const data = await openDigits(bench);
    /** The classifier's, which is trained when something is first measured: pictures need not wait for it. */
    let features: Promise<Features> | null = null;
    const training = trainingOf(chosen, bench.seed, steps);
    const sides = {
      vae: await openTraining(vae(vaeOptions(chosen)), data, training, bench.engine),
      gan: await openTraining(gan(ganOptions(chosen)), data, training, bench.engine),
    };
    const own = key(bench.seed);
    const test = take(data.test, measured);
    const measuredOn = async (name: "vae" | "gan"): Promise<Numbers> => {
      features ??= trainFeatures(data, featureNet(bench.seed), bench.engine);
      const plain = { limit: measured };
      const [inPixels, measure] = [plain, { ...plain, features: await features }].map((how) =>
        evaluatorOf(sides[name], data, bench.seed, how),
      ) as [Evaluator, Evaluator];
      const [a, b, c] = [await measure(fid), await measure(precision), await measure(recall)];
      return {
        ...intervalMeters(`${name}Fid`, a),
        ...intervalMeters(`${name}Precision`, b),
        ...intervalMeters(`${name}Recall`, c),
        [`${name}Sharpness`]: (await inPixels(sharpness)).value,
      };
    };
    const images = async (side: LiveTraining) => ({
      kind: "images" as const,
      columns: 10,
      width: 28,
      height: 28,
      pixels: pixelsOf((await side.trained.sample(fold(own, "shown"), shown)).data as Float32Array),
    });
    const real = Array.from({ length: shown }, (_, i) => i);
    return {
      length: steps,
      get step() {
        return sides.vae.step;
      },
      advance: async () => {
        const [first, second] = [await sides.vae.next(), await sides.gan.next()];
        return { vaeLoss: first["vae/loss"]!, ganLoss: second["discriminator/loss"]! };
      },
      measure: async (): Promise<Numbers> => {
        const found: Record<string, number> = { ...(await measuredOn("vae")), ...(await measuredOn("gan")) };
        const [fidFloor, precisionFloor, recallFloor] = ["Fid", "Precision", "Recall"].map(
          (name) => found[`vae${name}Floor`]!,
        );
        return { ...found, fidFloor: fidFloor!, precisionFloor: precisionFloor!, recallFloor: recallFloor! };
      },
      pictures: async () => ({
        vae: await images(sides.vae),
        gan: await images(sides.gan),
        real: {
          kind: "images",
          columns: 10,
          width: 28,
          height: 28,
          pixels: pixelsOf((await test.read(real)).data as Float32Array),
        },
      }),
      release: async () => {
        await sides.vae.release();
        await sides.gan.release();
      },
    };
  },
});

import { z } from "zod";
import { fold, key } from "../../../src/base/random.ts";
import { take } from "../../../src/data/index.ts";
import { evaluator } from "../../../src/evaluation/index.ts";
import { precision, recall, sharpness } from "../../../src/metrics/index.ts";
import { gan, vae } from "../../../src/models/index.ts";
import { plainFeatures } from "../../../src/trained/index.ts";
import type { LiveTraining } from "../../../src/train/index.ts";
import { type Numbers, defineLab, slider } from "./lab.ts";
import { digitLimit, openDigits, openTraining, pixelsOf, trainingCode } from "./training.ts";

const controls = z.object({
  latent: slider({ en: "dimensions of z, of both", fa: "بُعدهای z در هر دو" }, 8, [2, 32, 1]),
  width: slider({ en: "width of the hidden layer, of both", fa: "پهنای لایهٔ پنهان در هر دو" }, 128, [32, 256, 32]),
  rate: slider({ en: "learning rate × 10⁻⁴, of both", fa: "نرخ یادگیری × ۱۰⁻⁴ در هر دو" }, 5, [1, 30, 1]),
});

type Controls = z.output<typeof controls>;
const [steps, shown, measured] = [20_000, 30, 300];

const vaeOptions = ({ latent, width }: Controls) => ({ latent, hidden: [width] });
const ganOptions = ({ latent, width }: Controls) => ({ latent, hidden: [width], arch: "mlp" as const });
const trainingOf = ({ rate }: Controls, seed: number, length: number) =>
  ({ steps: length, batch: 64, learningRate: rate * 1e-4, schedule: "constant", seed }) as const;

export const vaeOrGan = defineLab({
  id: "vae-or-gan",
  title: { en: "VAE or GAN", fa: "VAE یا GAN" },
  idea: {
    en: "On the same digits, with the same decoder and the same steps, a VAE is blurred but covers, and a GAN is sharp but may miss.",
    fa: "با همان رقم‌ها، همان رمزگشا و همان تعداد گام، VAE تار است ولی همه را پوشش می‌دهد و GAN تیز است ولی ممکن است بخشی را جا بیندازد.",
  },
  lesson: [
    {
      en: "Both decoders have the same layers and see the same batches; only what they are asked for differs.",
      fa: "هر دو رمزگشا لایه‌های یکسان دارند و همان دسته‌ها را می‌بینند؛ تنها هدفشان متفاوت است.",
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
    text: { en: "A VAE with a sharpness above 0.5.", fa: "یک VAE با تیزی بیش از ۰٫۵." },
    isMet: ({ vaeSharpness = 0 }, step) => step > 0 && vaeSharpness > 0.5 && vaeSharpness < 1.2,
  },
  controls,
  contrast: { latent: 2 },
  measureEvery: 200,
  meters: [
    { id: "vaeSharpness", label: { en: "VAE: sharpness", fa: "VAE: تیزی" }, ideal: 1, chart: "sharpness" },
    { id: "ganSharpness", label: { en: "GAN: sharpness", fa: "GAN: تیزی" }, ideal: 1, chart: "sharpness" },
    {
      id: "vaePrecision",
      label: { en: "VAE: precision, in pixels", fa: "VAE: دقت، در فضای پیکسل" },
      ideal: { en: "that of real digits", fa: "همان رقم‌های واقعی" },
      chart: "precision",
    },
    {
      id: "ganPrecision",
      label: { en: "GAN: precision, in pixels", fa: "GAN: دقت، در فضای پیکسل" },
      ideal: { en: "that of real digits", fa: "همان رقم‌های واقعی" },
      chart: "precision",
    },
    { id: "vaeRecall", label: { en: "VAE: recall, in pixels", fa: "VAE: بازیابی، در فضای پیکسل" }, chart: "recall" },
    { id: "ganRecall", label: { en: "GAN: recall, in pixels", fa: "GAN: بازیابی، در فضای پیکسل" }, chart: "recall" },
    { id: "vaeLoss", label: { en: "VAE: loss, nats", fa: "VAE: زیان، نت" } },
    { id: "ganLoss", label: { en: "GAN: loss of the discriminator", fa: "GAN: زیان تمییزدهنده" } },
  ],
  pictures: [
    { id: "vae", title: { en: "Samples of the VAE", fa: "نمونه‌های VAE" } },
    { id: "gan", title: { en: "Samples of the GAN", fa: "نمونه‌های GAN" } },
    { id: "real", title: { en: "Real digits", fa: "رقم‌های واقعی" } },
  ],
  charts: [
    { id: "sharpness", title: { en: "Sharpness", fa: "تیزی" } },
    { id: "precision", title: { en: "Precision", fa: "دقت" } },
    { id: "recall", title: { en: "Recall", fa: "بازیابی" } },
  ],
  explain: {
    text: {
      en: "Precision and recall are shares of items within the nearest-neighbour balls of the other side, here in pixels, as a classifier's features would have to be trained first; 300 samples against 300 test digits.",
      fa: "دقت و بازیابی سهم تصویرهایی است که درون گوی‌های نزدیک‌ترین همسایهٔ طرف دیگرند؛ در اینجا در فضای پیکسل، چون ویژگی‌های طبقه‌بند باید جداگانه آموزش ببینند؛ ۳۰۰ نمونه در برابر ۳۰۰ رقم آزمون.",
    },
    formula: ({ vaeSharpness = 0, ganSharpness = 0 }) => [
      String.raw`\text{VAE: }\max\ \mathbb{E}_q[\log p(x|z)]-\mathrm{KL}(q\,\|\,p),\qquad \text{GAN: }\min_G\max_D V(D,G)`,
      String.raw`\frac{\mathrm{Var}(\Delta\,\text{samples})}{\mathrm{Var}(\Delta\,\text{real})}:\quad \text{VAE }${vaeSharpness.toPrecision(3)},\quad \text{GAN }${ganSharpness.toPrecision(3)}`,
    ],
  },
  code: (chosen, seed, step) => {
    const data = ["mnist", "--limit", String(digitLimit)];
    const training = trainingOf(chosen, seed, Math.max(1, step));
    const [first, second] = [
      trainingCode("vae", "vae", vaeOptions(chosen), data, training),
      trainingCode("gan", "gan", ganOptions(chosen), data, training),
    ];
    return {
      cli: `${first.cli}\n${second.cli}`,
      typescript: `${first.typescript}\n\n// And the GAN:\n${second.typescript}`,
    };
  },
  open: async (chosen, bench) => {
    const data = await openDigits(bench);
    const training = trainingOf(chosen, bench.seed, steps);
    const sides = {
      vae: await openTraining(vae(vaeOptions(chosen)), data, training, bench.engine),
      gan: await openTraining(gan(ganOptions(chosen)), data, training, bench.engine),
    };
    const own = key(bench.seed);
    const test = take(data.test, measured);
    const measuredOn = async (side: LiveTraining) => {
      const measure = evaluator({
        trained: side.trained,
        data: test,
        part: "test",
        key: own,
        features: plainFeatures("image"),
      });
      const [a, b, c] = [await measure(sharpness), await measure(precision), await measure(recall)];
      return [a.value, b.value, c.value] as const;
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
      get step() {
        return sides.vae.step;
      },
      advance: async () => {
        const [first, second] = [await sides.vae.next(), await sides.gan.next()];
        return { vaeLoss: first["vae/loss"]!, ganLoss: second["discriminator/loss"]! };
      },
      measure: async (): Promise<Numbers> => {
        const [vaeSharpness, vaePrecision, vaeRecall] = await measuredOn(sides.vae);
        const [ganSharpness, ganPrecision, ganRecall] = await measuredOn(sides.gan);
        return { vaeSharpness, ganSharpness, vaePrecision, ganPrecision, vaeRecall, ganRecall };
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

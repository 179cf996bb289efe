import { z } from "zod";
import { ndarray } from "../../../src/base/ndarray.ts";
import { range } from "../../../src/base/range.ts";
import { betaVae } from "../../../src/models/index.ts";
import { normalQuantile } from "../../../src/plot/pictures.ts";
import { type Colour, type Numbers, choice, defineLab, slider } from "./lab.ts";
import { digitLimit, openDigits, openTraining, pixelsOf, trainingsCode } from "./training.ts";

const controls = z.object({
  latent: slider({ en: "latent dimensions", fa: "بُعدهای نهفته" }, 2, [2, 16, 1]),
  likelihood: choice({ en: "likelihood of the decoder", fa: "درست‌نمایی رمزگشا" }, "bernoulli", {
    bernoulli: { en: "Bernoulli (cross-entropy)", fa: "برنولی (آنتروپی متقاطع)" },
    gaussian: { en: "Gaussian, σ = 1 (squared error)", fa: "گاوسی با σ = 1 (مربع خطا)" },
  }),
  objective: choice({ en: "weight of the KL term", fa: "وزن جملهٔ KL" }, "fixed", {
    fixed: { en: "fixed β", fa: "β ثابت" },
    target: { en: "learned multiplier, KL ≤ δ", fa: "ضریب یادگرفته، KL ≤ δ" },
    sweep: { en: "six values of β, one run after another", fa: "شش مقدار β، یک آموزش پس از دیگری" },
  }),
  beta: slider({ en: "β, where it is fixed", fa: "β، اگر ثابت باشد" }, 1, [0, 20, 0.5]),
  target: slider({ en: "δ in nats, where it is learned", fa: "δ بر حسب نات، اگر ضریب یادگرفته شود" }, 6, [1, 30, 1]),
  rate: slider({ en: "learning rate × 10⁻⁴", fa: "نرخ یادگیری × ۱۰⁻⁴" }, 10, [1, 50, 1]),
});

type Controls = z.output<typeof controls>;

const steps = 20_000;
/** Weights of the sweep, each trained from the same parameters. */
const betas = [0.5, 1, 2, 4, 8, 16] as const;
const batch = 128;
/** Digits of each picture: in the plane, reconstructed, and on each side of the manifold. */
const [inPlane, reconstructed, side] = [240, 10, 12];

/** @param swept The weight of the KL term where it is swept. */
function optionsOf({ latent, likelihood, objective, beta, target }: Controls, swept: number) {
  return {
    latent,
    hidden: [128],
    likelihood,
    ...(likelihood === "gaussian" && { sigma: 1 }),
    ...(objective === "fixed" ? { beta } : objective === "sweep" ? { beta: swept } : { klTarget: target }),
  };
}

function trainingOf({ rate }: Controls, seed: number, length: number) {
  return { steps: length, batch, learningRate: rate * 1e-4, schedule: "constant", seed } as const;
}

/** @param stepsEach Steps of each training run of the sweep. */
export const vaeWorkbenchOf = (stepsEach: number) =>
  defineLab({
    id: "vae-workbench",
    title: { en: "VAE workbench", fa: "کارگاه VAE" },
    idea: {
      en: "A VAE pays for every nat that its code says about an image; β, or the constraint KL ≤ δ, sets the price.",
      fa: "VAE برای هر نات اطلاعاتی که کد دربارهٔ تصویر می‌دهد هزینه می‌پردازد؛ β یا قید KL ≤ δ این قیمت را تعیین می‌کند.",
    },
    lesson: [
      {
        en: "The negative ELBO is the sum of a reconstruction term and a KL term, both in nats per image.",
        fa: "منفی ELBO جمع دو جمله است: بازسازی و KL، هر دو بر حسب نات برای هر تصویر.",
      },
      {
        en: "A Gaussian decoder with fixed σ means squared error, a Bernoulli decoder means binary cross-entropy.",
        fa: "رمزگشای گاوسی با σ ثابت همان مربع خطاست و رمزگشای برنولی همان آنتروپی متقاطع دودویی.",
      },
      {
        en: "Every dot of the latent plane is a test digit; the place under the pointer is decoded.",
        fa: "هر نقطهٔ صفحهٔ نهفته یک رقم آزمون است؛ نقطهٔ زیر نشانگر هم‌زمان رمزگشایی می‌شود.",
      },
      {
        en: "Raise β and the dots crowd around 0: in the end all posteriors equal the prior and the code says nothing about the image (posterior collapse).",
        fa: "با افزایش β نقطه‌ها دور صفر جمع می‌شوند: در پایان همهٔ پسین‌ها با پیشین یکی می‌شوند و کد دیگر چیزی دربارهٔ تصویر نمی‌گوید (فروپاشی پسین).",
      },
      {
        en: "With the constraint, the multiplier rises while KL > δ and falls while KL < δ, until its product with KL − δ is 0 (KKT).",
        fa: "در حالت قید، ضریب تا وقتی KL > δ است زیاد و تا وقتی KL < δ است کم می‌شود تا حاصل‌ضرب آن در KL − δ صفر شود (KKT).",
      },
    ],
    question: {
      en: "From which β on is no latent dimension active any more? How does the rate-distortion curve get there?",
      fa: "از کدام β به بعد هیچ بُعد نهفته‌ای فعال نیست؟ منحنی نرخ-اعوجاج چگونه به آنجا می‌رسد؟",
    },
    challenge: {
      text: {
        en: "Below 170 nats per image with two latent dimensions and β = 1, within 1,000 steps.",
        fa: "کمتر از ۱۷۰ نات برای هر تصویر با دو بُعد نهفته و β = 1، در ۱٬۰۰۰ گام.",
      },
      isMet: ({ negElbo = Infinity, latents = 0, weight = 0 }, step) =>
        latents === 2 && weight === 1 && step <= 1000 && negElbo < 170,
    },
    controls,
    contrast: { beta: 10 },
    measureEvery: 100,
    meters: [
      { id: "negElbo", label: { en: "negative ELBO on test digits, nats", fa: "منفی ELBO روی رقم‌های آزمون، نات" } },
      { id: "recon", label: { en: "reconstruction term, nats", fa: "جملهٔ بازسازی، نات" }, chart: "plane" },
      { id: "kl", label: { en: "KL term, nats", fa: "جملهٔ KL، نات" } },
      { id: "active", label: { en: "active latent dimensions", fa: "بُعدهای نهفتهٔ فعال" } },
      { id: "bits", label: { en: "bits per pixel", fa: "بیت بر پیکسل" } },
      { id: "loss", label: { en: "training loss, nats", fa: "زیان آموزش، نات" }, chart: "loss" },
      { id: "weight", label: { en: "β or multiplier", fa: "β یا ضریب" }, chart: "multiplier" },
      { id: "slack", label: { en: "KL − δ", fa: "KL − δ" }, ideal: 0, chart: "multiplier" },
      { id: "complementarity", label: { en: "multiplier × (KL − δ)", fa: "ضریب × (KL − δ)" }, ideal: 0 },
    ],
    pictures: [
      {
        id: "tradeOff",
        title: {
          en: `Rate and distortion at β = ${betas.join(", ")}`,
          fa: `نرخ و اعوجاج برای β = ${betas.map((each) => new Intl.NumberFormat("fa").format(each)).join("، ")}`,
        },
      },
      { id: "posterior", title: { en: "Posterior means of test digits", fa: "میانگین‌های پسین رقم‌های آزمون" } },
      { id: "manifold", title: { en: "What the plane decodes to", fa: "تصویرهای رمزگشایی‌شدهٔ صفحه" } },
      { id: "digits", title: { en: "Test digits and their reconstructions", fa: "رقم‌های آزمون و بازسازی آن‌ها" } },
      { id: "perLatent", title: { en: "KL by latent dimension", fa: "KL به تفکیک بُعد نهفته" } },
    ],
    charts: [
      {
        id: "plane",
        title: { en: "Distortion over rate, on test digits", fa: "اعوجاج بر حسب نرخ، روی رقم‌های آزمون" },
        over: "kl",
      },
      { id: "loss", title: { en: "Training loss", fa: "زیان آموزش" } },
      { id: "multiplier", title: { en: "Weight of the KL term", fa: "وزن جملهٔ KL" } },
    ],
    explain: {
      text: {
        en: "The bound is tight where q(z | x) is the true posterior. β > 1 trades reconstruction for a smaller rate; with a constraint, β is its Lagrange multiplier.",
        fa: "کران وقتی تنگ است که q(z | x) همان پسین واقعی باشد. β > 1 بازسازی را با نرخ کمتر معاوضه می‌کند؛ با قید، β ضریب لاگرانژ آن است.",
      },
      formula: ({ negElbo = 0, recon = 0, kl = 0, weight = 1 }) => [
        String.raw`-\mathrm{ELBO}=\underbrace{\mathbb{E}_{q}[-\log p(x\,|\,z)]}_{${recon.toFixed(2)}}+\underbrace{\mathrm{KL}(q(z|x)\,\|\,p(z))}_{${kl.toFixed(2)}}=${negElbo.toFixed(2)}`,
        String.raw`\mathrm{KL}=\tfrac12\sum_j\left(\sigma_j^2+\mu_j^2-\log\sigma_j^2-1\right),\qquad \beta=${weight.toPrecision(3)}`,
      ],
    },
    drawing: { side: 28, label: { en: "Draw a digit", fa: "یک رقم بکشید" } },
    code: (chosen, seed, step) => {
      const isSwept = chosen.objective === "sweep";
      const begun = isSwept ? betas.slice(0, Math.max(1, Math.ceil(step / stepsEach))) : [chosen.beta];
      const trainings = begun.map((beta, i) => {
        const until = isSwept ? Math.min(stepsEach, Math.max(1, step - i * stepsEach)) : Math.max(1, step);
        const shown = {
          recipe: "beta-vae",
          name: "betaVae",
          model: optionsOf(chosen, beta),
          data: ["mnist", "--limit", String(digitLimit)],
          training: trainingOf(chosen, seed, until),
          shows: ["evaluate"],
        } as const;
        return [isSwept ? `vae-workbench-${beta}` : "vae-workbench", shown] as const;
      });
      return { ...trainingsCode(trainings), further: "npx zaya repro beta-vae" };
    },
    open: async (chosen, bench) => {
      const data = await openDigits(bench);
      const isSwept = chosen.objective === "sweep";
      const trainingAt = (beta: number) =>
        openTraining(
          betaVae(optionsOf(chosen, beta)),
          data,
          trainingOf(chosen, bench.seed, isSwept ? stepsEach : steps),
          bench.engine,
        );
      /** Completed training runs of the sweep, with their results. */
      const ended: { readonly rate: number; readonly distortion: number }[] = [];
      let training = await trainingAt(isSwept ? betas[0] : chosen.beta);
      let latest = { rate: Number.NaN, distortion: Number.NaN };
      const { latent } = chosen;
      const images = await data.test.read(range(0, inPlane));
      const { labels } = data.test;
      const pixels = 28 * 28;
      const quantiles = Array.from({ length: side }, (_, i) => normalQuantile((i + 0.5) / side));
      let drawn: readonly number[] = [];
      let place: readonly number[] | null = null;
      let perLatent: readonly number[] = [];
      const encode = async (values: Float32Array) => {
        const x = ndarray("float32", [values.length / pixels, 28, 28, 1], values);
        const { mean, logvar } = await training.trained.map("encoder", { image: x });
        return { mean: mean!.data as Float32Array, logvar: logvar!.data as Float32Array };
      };
      return {
        length: isSwept ? betas.length * stepsEach : steps,
        get step() {
          return ended.length * stepsEach + training.step;
        },
        advance: async () => {
          if (isSwept && training.step === stepsEach) {
            ended.push(latest);
            await training.release();
            training = await trainingAt(betas[ended.length]!);
          }
          const scalars = await training.next();
          const named: Record<string, number> = { loss: scalars["beta-vae/loss"]!, weight: scalars["beta-vae/beta"]! };
          for (const name of ["slack", "complementarity"]) {
            const value = scalars[`beta-vae/${name}`];
            if (value !== undefined) named[name] = value;
          }
          return named;
        },
        measure: async (): Promise<Numbers> => {
          const [found] = await training.evaluate();
          const { recon, kl, activeUnits, bitsPerDim, klPerLatent } = found!.details as Readonly<
            Record<string, number>
          > & {
            readonly klPerLatent: readonly number[];
          };
          perLatent = klPerLatent;
          latest = { rate: kl!, distortion: recon! };
          return {
            negElbo: found!.value,
            recon: recon!,
            kl: kl!,
            active: activeUnits!,
            bits: bitsPerDim!,
            latents: latent,
          };
        },
        pictures: async () => {
          const isDrawn = drawn.length === pixels;
          const values = new Float32Array((inPlane + 1) * pixels);
          values.set(images.data as Float32Array);
          if (isDrawn) values.set(drawn, inPlane * pixels);
          const { mean, logvar } = await encode(values);
          const codeOf = (x: number, y: number) =>
            Array.from({ length: latent }, (_, j) => (j === 0 ? x : j === 1 ? y : 0));
          const codes = [
            ...quantiles.toReversed().flatMap((y) => quantiles.flatMap((x) => codeOf(x, y))),
            ...mean.subarray(0, reconstructed * latent),
            ...mean.subarray(inPlane * latent),
            ...(place === null ? codeOf(0, 0) : codeOf(place[0]!, place[1]!)),
          ];
          const decoded = await training.trained.decode(
            ndarray("float32", [codes.length / latent, latent], Float32Array.from(codes)),
          );
          const shown = (from: number, count: number) =>
            (decoded.data as Float32Array).subarray(from * pixels, (from + count) * pixels);
          const grid = side * side;
          const pairs = new Uint8Array((2 * reconstructed + 4) * pixels);
          const row = reconstructed + 2;
          pairs.set(pixelsOf((images.data as Float32Array).subarray(0, reconstructed * pixels)));
          pairs.set(pixelsOf(shown(grid, reconstructed)), row * pixels);
          if (isDrawn) {
            pairs.set(pixelsOf(drawn), reconstructed * pixels);
            pairs.set(pixelsOf(shown(grid + reconstructed, 1)), (row + reconstructed) * pixels);
          }
          if (place !== null)
            pairs.set(pixelsOf(shown(grid + reconstructed + 1, 1)), (row + reconstructed + 1) * pixels);
          const dots = Array.from({ length: 10 }, (_, digit) => ({
            label: { en: String(digit), fa: new Intl.NumberFormat("fa").format(digit) },
            colour: `class${digit}` as Colour,
            xy: Float32Array.from(range(0, inPlane).filter((i) => labels![i] === digit)).reduce<number[]>(
              (xy, i) => (xy.push(mean[i * latent]!, mean[i * latent + 1]!), xy),
              [],
            ),
            size: 3,
          }));
          const own = [mean[inPlane * latent]!, mean[inPlane * latent + 1]!];
          const spread = [0, 1].map((j) => Math.exp(logvar[inPlane * latent + j]! / 2));
          const swept = [...ended, latest];
          return {
            ...(isSwept && {
              tradeOff: {
                kind: "curves" as const,
                x: swept.map(({ rate }) => rate),
                xLabel: { en: "rate: KL term, nats", fa: "نرخ: جملهٔ KL، نات" },
                curves: [
                  {
                    label: { en: "distortion: reconstruction term, nats", fa: "اعوجاج: جملهٔ بازسازی، نات" },
                    colour: "fake" as const,
                    values: swept.map(({ distortion }) => distortion),
                    dots: true,
                  },
                ],
              },
            }),
            posterior: {
              kind: "plane",
              extent: [-4, 4, -4, 4],
              poke: "decode",
              hover: "decode",
              points: [
                ...dots,
                ...(isDrawn
                  ? [
                      {
                        label: { en: "yours, with its deviation", fa: "رقم شما با انحراف معیار" },
                        colour: "soft" as const,
                        xy: own,
                        size: 6,
                        hollow: true,
                      },
                    ]
                  : []),
                ...(place === null
                  ? []
                  : [
                      {
                        label: { en: "chosen place", fa: "نقطهٔ انتخاب‌شده" },
                        colour: "third" as const,
                        xy: [...place],
                        size: 5,
                        hollow: true,
                      },
                    ]),
              ],
              outline: isDrawn ? ellipse(own, spread) : ellipse([0, 0], [1, 1]),
            },
            manifold: { kind: "images", columns: side, width: 28, height: 28, pixels: pixelsOf(shown(0, grid)) },
            digits: {
              kind: "images",
              columns: row,
              width: 28,
              height: 28,
              pixels: pairs,
              rows: [
                { en: "digits, then yours", fa: "رقم‌ها، سپس رقم شما" },
                {
                  en: "reconstructions: of the digits, of yours and of the chosen point",
                  fa: "بازسازی‌ها، سپس بازسازی رقم شما و نقطهٔ انتخاب‌شده",
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
        poke: (name, value) => {
          if (name === "draw") drawn = value;
          if (name === "decode") place = value;
        },
        release: () => training.release(),
      };
    },
  });

export const vaeWorkbench = vaeWorkbenchOf(500);

/** A line one deviation around a place: the prior's, or that of a posterior. */
function ellipse([x, y]: readonly number[], [a, b]: readonly number[]): number[] {
  return Array.from({ length: 96 }, (_, i) => {
    const angle = (2 * Math.PI * (i >> 1)) / 48;
    return i % 2 === 0 ? x! + a! * Math.cos(angle) : y! + b! * Math.sin(angle);
  });
}

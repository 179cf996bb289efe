import { z } from "zod";
import { grad } from "../../../src/autodiff/index.ts";
import { full, ndarray } from "../../../src/base/ndarray.ts";
import { fold, key, normal } from "../../../src/base/random.ts";
import { normalLogProb, sampleNormal } from "../../../src/distributions/index.ts";
import {
  type GradientEstimator,
  addValues,
  emptyMean,
  leaveOneOut,
  noBaseline,
  pathwise,
  scoreFunction,
  standardError,
  varianceOf,
} from "../../../src/estimators/index.ts";
import { constant, input } from "../../../src/graph/tensor.ts";
import { reshape, square, sum } from "../../../src/ops/index.ts";
import type { Engine } from "../../../src/runtime/index.ts";
import { choice, defineLab, slider } from "./lab.ts";

const controls = z.object({
  theta: slider({ en: "θ, the mean of z", fa: "θ، میانگین z" }, 1, [-3, 3, 0.1]),
  baseline: choice({ en: "baseline of the score function", fa: "خط پایهٔ تابع امتیاز" }, "none", {
    none: { en: "none", fa: "بدون خط پایه" },
    best: { en: "best constant, θ² + 3", fa: "بهترین ثابت، θ² + 3" },
    loo: { en: "leave-one-out (2 draws)", fa: "کنارگذاشتن یکی (leave-one-out، ۲ نمونه)" },
  }),
  draws: slider({ en: "estimates per step", fa: "تعداد برآورد در هر گام" }, 100, [10, 1000, 10]),
});

/** Bins of the histogram, in units of the gradient. */
const [low, high, bins] = [-30, 40, 35] as const;

/** The estimators, as zaya's models use them, and a graph that gives one estimate of the gradient for each draw. */
async function compiled(engine: Engine, estimator: GradientEstimator, draws: number, samples: number) {
  const mean = input("theta", [draws, 1]);
  const q = { mean, logVariance: constant(ndarray("float32", [1], Float32Array.of(0))) };
  const z = estimator.draws(sampleNormal(q, input("noise", [samples, draws, 1])));
  const costs = reshape(square(z), [samples, draws]);
  const [gradient] = grad(sum(estimator.surrogate(costs, normalLogProb(q, z, 2))), [mean]);
  return engine.compile({ outputs: { gradient: gradient! } });
}

export const estimators = defineLab({
  id: "estimators",
  title: { en: "Gradient estimators", fa: "برآوردگرهای گرادیان" },
  idea: {
    en: "Two unbiased estimators of one gradient can differ in variance by a factor of seven, and the error of both falls as 1/√n.",
    fa: "واریانسِ دو برآوردگر نااریبِ یک گرادیان می‌تواند هفت برابر هم تفاوت کند؛ خطای هر دو مانند 1/√n کم می‌شود.",
  },
  lesson: [
    {
      en: "We want the derivative of E[z²] with respect to θ, with z ~ N(θ, 1); it is 2θ, so every estimate can be checked.",
      fa: "مشتق E[z²] نسبت به θ را با z ~ N(θ, 1) می‌خواهیم؛ پاسخ 2θ است و هر برآورد را می‌توان با آن سنجید.",
    },
    {
      en: "The pathwise estimator writes z = θ + ε and differentiates through the draw; its variance is 4.",
      fa: "برآوردگر مسیری z را به شکل θ + ε می‌نویسد و از درون نمونه مشتق می‌گیرد؛ واریانس آن ۴ است.",
    },
    {
      en: "The score-function estimator multiplies the score of a draw by its cost; it needs no derivative of the cost, and its variance is 30 at θ = 1.",
      fa: "برآوردگر تابع امتیاز، امتیازِ هر نمونه را در هزینهٔ آن ضرب می‌کند؛ به مشتق هزینه نیازی ندارد و واریانسش در θ = 1 برابر ۳۰ است.",
    },
    {
      en: "Subtracting a baseline from the cost leaves the mean as it is; the best constant one lowers the variance to 14.",
      fa: "کم‌کردن یک خط پایه از هزینه، میانگین را تغییر نمی‌دهد؛ بهترین خط پایهٔ ثابت واریانس را به ۱۴ می‌رساند.",
    },
    {
      en: "On the logarithmic chart both errors fall with slope −1/2: one more digit costs a hundred times as many draws.",
      fa: "در نمودار لگاریتمی هر دو خطا با شیب −1/2 کم می‌شوند: برای یک رقم دقت بیشتر، صد برابر نمونه لازم است.",
    },
  ],
  question: {
    en: "How many more draws does the score function need for the error of the pathwise estimator at θ = 1, and at θ = 3?",
    fa: "تابع امتیاز برای رسیدن به خطای برآوردگر مسیری، در θ = 1 و در θ = 3 چند برابر نمونه لازم دارد؟",
  },
  challenge: {
    text: {
      en: "Bring the standard error of the score-function estimator below 0.05 with at most 10,000 estimates, at θ = 1.",
      fa: "در θ = 1 خطای معیار تابع امتیاز را با حداکثر ۱۰٬۰۰۰ برآورد به کمتر از ۰٫۰۵ برسانید.",
    },
    isMet: ({ scoreError = 1, n = Infinity, exact = 0 }) => exact === 2 && n <= 10_000 && scoreError < 0.05,
  },
  controls,
  contrast: { baseline: "best" },
  measureEvery: 1,
  meters: [
    { id: "exact", label: { en: "exact gradient 2θ", fa: "گرادیان دقیق 2θ" } },
    { id: "n", label: { en: "estimates so far, n", fa: "تعداد برآوردها تا کنون، n" } },
    { id: "pathMean", label: { en: "pathwise: mean", fa: "مسیری: میانگین" }, ideal: { en: "2θ", fa: "2θ" } },
    {
      id: "scoreMean",
      label: { en: "score function: mean", fa: "تابع امتیاز: میانگین" },
      ideal: { en: "2θ", fa: "2θ" },
    },
    { id: "pathVariance", label: { en: "pathwise: variance", fa: "مسیری: واریانس" }, ideal: 4 },
    {
      id: "scoreVariance",
      label: { en: "score function: variance", fa: "تابع امتیاز: واریانس" },
      ideal: { en: "θ⁴ + 14θ² + 15 without a baseline", fa: "θ⁴ + 14θ² + 15 بدون خط پایه" },
    },
    { id: "pathError", label: { en: "pathwise: standard error", fa: "مسیری: خطای معیار" }, chart: "error" },
    {
      id: "scoreError",
      label: { en: "score function: standard error", fa: "تابع امتیاز: خطای معیار" },
      chart: "error",
    },
    { id: "pathBias", label: { en: "pathwise: mean − exact", fa: "مسیری: میانگین − دقیق" }, ideal: 0, chart: "bias" },
    {
      id: "scoreBias",
      label: { en: "score function: mean − exact", fa: "تابع امتیاز: میانگین − دقیق" },
      ideal: 0,
      chart: "bias",
    },
  ],
  pictures: [
    { id: "histogram", title: { en: "Single estimates of the gradient", fa: "برآوردهای تکی گرادیان" }, wide: true },
  ],
  charts: [
    { id: "error", title: { en: "Standard errors over n", fa: "خطاهای معیار بر حسب n" }, log: "both", over: "n" },
    { id: "bias", title: { en: "Mean minus exact value over n", fa: "میانگین منهای مقدار دقیق بر حسب n" }, over: "n" },
  ],
  explain: {
    text: {
      en: "Both estimators have the mean 2θ. The variance of a mean of n estimates is that of one divided by n.",
      fa: "میانگین هر دو برآوردگر 2θ است. واریانسِ میانگینِ n برآورد، واریانس یکی تقسیم بر n است.",
    },
    formula: ({ pathVariance = 0, scoreVariance = 0, pathError = 0, scoreError = 0, n = 1 }, { theta }) => [
      String.raw`\nabla_\theta\,\mathbb{E}_{z\sim\mathcal N(\theta,1)}[z^2]=2\theta=${(2 * theta).toPrecision(3)}`,
      String.raw`\text{pathwise: } 2(\theta+\varepsilon),\quad \mathrm{Var}=${pathVariance.toPrecision(4)},\quad \sqrt{\mathrm{Var}/n}=${pathError.toPrecision(3)}\ \ (n=${n})`,
      String.raw`\text{score function: } (z^2-b)\,(z-\theta),\quad \mathrm{Var}=${scoreVariance.toPrecision(4)},\quad \sqrt{\mathrm{Var}/n}=${scoreError.toPrecision(3)}`,
    ],
  },
  code: ({ theta, baseline, draws }, seed, step) => {
    const samples = baseline === "loo" ? 2 : 1;
    const written = { none: "noBaseline", loo: "leaveOneOut", best: `() => ${theta} ** 2 + 3` }[baseline];
    return {
      cli: null,
      typescript: `import { autodiff, constant, fold, full, input, key, ndarray, normal } from "zaya";
import { normalLogProb, sampleNormal } from "zaya/distributions";
import { addValues, emptyMean, leaveOneOut, noBaseline, pathwise, scoreFunction, standardError, varianceOf } from "zaya/estimators";
import { reshape, square, sum } from "zaya/ops";
import { wasmEngine } from "zaya/runtime";

// ${draws} estimates per step, of ${samples} draw${samples === 1 ? "" : "s"} each: the gradient of the sum for each mean is one estimate.
const engine = wasmEngine();
for (const estimator of [pathwise, scoreFunction(${written})]) {
  const theta = input("theta", [${draws}, 1]);
  const q = { mean: theta, logVariance: constant(ndarray("float32", [1], Float32Array.of(0))) };
  const z = estimator.draws(sampleNormal(q, input("noise", [${samples}, ${draws}, 1])));
  const costs = reshape(square(z), [${samples}, ${draws}]);
  const [gradient] = autodiff.grad(sum(estimator.surrogate(costs, normalLogProb(q, z, 2))), [theta]);
  const program = await engine.compile({ outputs: { gradient } });
  let mean = emptyMean;
  for (let step = 0; step < ${step}; step++) {
    const noise = normal(fold(key(${seed}), "estimates", step), [${samples}, ${draws}, 1]);
    const found = await program.run({ theta: full([${draws}, 1], ${theta}), noise });
    mean = addValues(mean, found.gradient.data);
  }
  console.log({ mean: mean.mean, variance: varianceOf(mean), error: standardError(mean), n: mean.count });
}`,
      further: "npx zaya repro gradient-variance",
    };
  },
  open: async ({ theta, baseline, draws }, { seed, engine }) => {
    const samples = baseline === "loo" ? 2 : 1;
    const baselines = { none: noBaseline, best: () => theta ** 2 + 3, loo: leaveOneOut };
    const [path, score] = [
      await compiled(engine, pathwise, draws, samples),
      await compiled(engine, scoreFunction(baselines[baseline]), draws, samples),
    ];
    const sides = {
      path: { program: path, mean: emptyMean, counts: new Float64Array(bins) },
      score: { program: score, mean: emptyMean, counts: new Float64Array(bins) },
    };
    let step = 0;
    return {
      get step() {
        return step;
      },
      advance: async () => {
        const noise = normal(fold(key(seed), "estimates", step++), [samples, draws, 1]);
        for (const side of Object.values(sides)) {
          const { gradient } = await side.program.run({ theta: full([draws, 1], theta), noise });
          side.mean = addValues(side.mean, gradient!.data);
          for (const value of gradient!.data) {
            const bin = Math.floor(((value - low) / (high - low)) * bins);
            side.counts[Math.max(0, Math.min(bins - 1, bin))]!++;
          }
        }
        return {};
      },
      measure: async () => {
        const exact = 2 * theta;
        const { path: own, score: other } = sides;
        // Not n alone: charts are drawn over it.
        if (own.mean.count === 0) return { exact };
        return {
          exact,
          n: own.mean.count,
          pathMean: own.mean.mean,
          scoreMean: other.mean.mean,
          pathVariance: varianceOf(own.mean),
          scoreVariance: varianceOf(other.mean),
          pathError: standardError(own.mean),
          scoreError: standardError(other.mean),
          pathBias: own.mean.mean - exact,
          scoreBias: other.mean.mean - exact,
        };
      },
      pictures: async () => {
        const share = ({ counts, mean }: (typeof sides)["path"]) =>
          counts.map((count) => count / Math.max(1, mean.count));
        const width = (high - low) / bins;
        return {
          histogram: {
            kind: "bars",
            places: Array.from({ length: bins }, (_, i) => String(low + i * width)),
            xLabel: {
              en: "estimate of the gradient (the end bins include all values beyond)",
              fa: "برآورد گرادیان (دو سر همهٔ مقادیر دورتر را در بر دارند)",
            },
            series: [
              { label: { en: "pathwise", fa: "مسیری" }, colour: "real", values: share(sides.path) },
              { label: { en: "score function", fa: "تابع امتیاز" }, colour: "fake", values: share(sides.score) },
            ],
          },
        };
      },
      release: async () => {
        await path.release();
        await score.release();
      },
    };
  },
});

import { z } from "zod";
import { grad } from "../../../src/autodiff/index.ts";
import { full, fromNumbers } from "../../../src/base/ndarray.ts";
import { fold, key, uniform } from "../../../src/base/random.ts";
import { sampleGumbelSoftmax, straightThrough } from "../../../src/distributions/index.ts";
import { addValues, emptyMean, standardError, varianceOf } from "../../../src/estimators/index.ts";
import { constant, input } from "../../../src/graph/tensor.ts";
import { mul, square, sub, sum } from "../../../src/ops/index.ts";
import { choice, defineLab, slider } from "./lab.ts";

const controls = z.object({
  temperature: slider({ en: "temperature τ", fa: "دمای τ" }, 0.5, [0.05, 3, 0.05]),
  estimator: choice({ en: "estimator", fa: "برآوردگر" }, "soft", {
    soft: { en: "Gumbel-Softmax", fa: "گامبل-سافت‌مکس" },
    straight: { en: "straight-through", fa: "گذر مستقیم" },
  }),
  logit1: slider({ en: "logit of category 1", fa: "لوجیت دستهٔ ۱" }, 0.5, [-3, 3, 0.1]),
  logit2: slider({ en: "logit of category 2", fa: "لوجیت دستهٔ ۲" }, 0, [-3, 3, 0.1]),
  draws: slider({ en: "draws per step", fa: "نمونه‌ها در هر گام" }, 500, [100, 2000, 100]),
});

/** What each category costs: the square of its distance from 0.2 along the second axis. */
const [costs, target] = [[1, 0, 0.5] as const, 0.2];
const temperatures = [2, 1, 0.5, 0.25, 0.1, 0.05];
const shown = 600;
/** Corners of the simplex in the plane. */
const corners = [
  [0, 0],
  [1, 0],
  [0.5, Math.sqrt(3) / 2],
] as const;

export const gumbelSoftmax = defineLab({
  id: "gumbel-softmax",
  title: { en: "Differentiable categories", fa: "دسته‌هایی که گرادیان دارند" },
  idea: {
    en: "A softmax of logits with Gumbel noise is a relaxed draw of a category that has a gradient; the lower τ, the smaller its bias and the larger its variance.",
    fa: "سافت‌مکسِ لوجیت‌ها با نویز گامبل، نمونه‌ای نرم از دسته‌هاست که گرادیان دارد؛ هر چه τ کمتر، اریبی کمتر و واریانس بیشتر.",
  },
  lesson: [
    {
      en: "Adding Gumbel noise to the logits and taking the argmax draws each category with exactly its probability: the corners of the triangle.",
      fa: "اگر به لوجیت‌ها نویز گامبل بیفزاییم و argmax بگیریم، هر دسته دقیقاً با احتمال خودش انتخاب می‌شود: رأس‌های مثلث.",
    },
    {
      en: "The gradient of the argmax is 0 wherever it exists; the softmax at temperature τ has one that can be used, and its draws lie inside the triangle.",
      fa: "گرادیان argmax هر جا که وجود دارد صفر است؛ سافت‌مکس با دمای τ گرادیانی قابل استفاده دارد و نمونه‌هایش درون مثلث‌اند.",
    },
    {
      en: "At high τ the draws crowd in the middle and the gradient is that of another problem: a bias.",
      fa: "در τ بزرگ نمونه‌ها در میانه جمع می‌شوند و گرادیان متعلق به مسئلهٔ دیگری است: اریبی.",
    },
    {
      en: "As τ falls the draws move to the corners, and gradients explode near ties and vanish elsewhere.",
      fa: "با کاهش τ نمونه‌ها به رأس‌ها می‌روند و گرادیان‌ها نزدیک تساوی منفجر و در جاهای دیگر صفر می‌شوند.",
    },
    {
      en: "Straight-through passes the corner on and the gradient of the relaxed draw back: the function after it sees real categories, but the gradient is still biased, and its variance is larger.",
      fa: "گذر مستقیم رأس را به جلو و گرادیان نمونهٔ نرم را به عقب می‌فرستد: لایه‌های بعد دسته‌های واقعی را می‌بینند، ولی گرادیان باز هم اریب است و واریانسش بیشتر.",
    },
  ],
  question: {
    en: "At which τ is the mean squared error, bias squared plus variance divided by n, smallest for the n on the screen?",
    fa: "برای n روی صفحه، در کدام τ میانگین مربع خطا (مربع اریبی به‌علاوهٔ واریانس تقسیم بر n) کمترین است؟",
  },
  challenge: {
    text: {
      en: "Find a τ at which the bias is below three standard errors after at least 5,000 draws.",
      fa: "مقداری از τ بیابید که با آن پس از دست‌کم ۵٬۰۰۰ نمونه، اریبی کمتر از سه خطای معیار باشد.",
    },
    isMet: ({ n = 0, bias = 1, error = 0 }) => n >= 5000 && Math.abs(bias) < 3 * error,
  },
  controls,
  contrast: { estimator: "straight" },
  measureEvery: 1,
  meters: [
    { id: "exact", label: { en: "exact gradient for logit 1", fa: "گرادیان دقیق نسبت به لوجیت ۱" } },
    {
      id: "mean",
      label: { en: "mean of the estimates", fa: "میانگین برآوردها" },
      ideal: { en: "the exact one", fa: "مقدار دقیق" },
    },
    { id: "bias", label: { en: "mean − exact", fa: "میانگین − دقیق" }, ideal: 0, chart: "bias" },
    { id: "error", label: { en: "standard error of the mean", fa: "خطای معیار میانگین" }, chart: "bias" },
    { id: "variance", label: { en: "variance of one estimate", fa: "واریانس یک برآورد" } },
    { id: "n", label: { en: "draws so far, n", fa: "نمونه‌ها تا کنون، n" } },
  ],
  pictures: [
    { id: "simplex", title: { en: "Draws on the simplex", fa: "نمونه‌ها روی سادک" } },
    {
      id: "sweep",
      title: { en: "Bias and variance over τ, from the same draws", fa: "اریبی و واریانس بر حسب τ، از همان نمونه‌ها" },
    },
  ],
  charts: [
    {
      id: "bias",
      title: { en: "Bias and its standard error over n", fa: "اریبی و خطای معیار آن بر حسب n" },
      over: "n",
    },
  ],
  explain: {
    text: {
      en: "g are independent Gumbel draws. The cost of a draw y is (c·y − 0.2)² with c = (1, 0, 0.5); its expectation over categories has a gradient in closed form.",
      fa: "مقدارهای g نمونه‌های مستقل گامبل‌اند. هزینهٔ نمونهٔ y برابر (c·y − 0.2)² با c = (1, 0, 0.5) است و گرادیان امید ریاضی آن شکل بسته دارد.",
    },
    formula: ({ exact = 0, mean = 0, variance = 0 }, { temperature }) => [
      String.raw`y=\mathrm{softmax}\!\left(\frac{\log p+g}{\tau}\right),\quad \tau=${temperature},\qquad \arg\max_i(\log p_i+g_i)\sim \mathrm{Cat}(p)`,
      String.raw`\frac{\partial}{\partial\ell_1}\sum_i p_i f_i=p_1\Bigl(f_1-\sum_j p_jf_j\Bigr)=${exact.toPrecision(4)}`,
      String.raw`\text{estimate: }${mean.toPrecision(4)},\qquad \mathrm{Var}=${variance.toPrecision(4)}`,
    ],
  },
  code: ({ estimator, temperature, logit1, logit2, draws }, seed, step) => ({
    cli: null,
    typescript: `import { autodiff, constant, fold, fromNumbers, full, input, key, uniform } from "zaya";
import { sampleGumbelSoftmax, straightThrough } from "zaya/distributions";
import { addValues, emptyMean, standardError, varianceOf } from "zaya/estimators";
import { mul, square, sub, sum } from "zaya/ops";
import { wasmEngine } from "zaya/runtime";

const logits = input("logits", [${draws}, 3]);
const soft = sampleGumbelSoftmax(logits, input("noise", [${draws}, 3]), input("temperature", []));
const y = ${estimator === "soft" ? "soft" : "straightThrough(soft)"};
const cost = square(sub(sum(mul(y, constant(fromNumbers([${costs.join(", ")}], [3]))), { axes: [1] }), ${target}));
const [gradient] = autodiff.grad(sum(cost), [logits]);
const program = await wasmEngine().compile({ outputs: { gradient } });
const given = { ...full([${draws}, 3], 0), data: Float32Array.from({ length: ${3 * draws} }, (_, i) => [${logit1}, ${logit2}, 0][i % 3]) };
let mean = emptyMean;
for (let step = 0; step < ${step}; step++) {
  const noise = uniform(fold(key(${seed}), "gumbel", step), [${draws}, 3]);
  const found = await program.run({ logits: given, noise, temperature: full([], ${temperature}) });
  mean = addValues(mean, Float64Array.from({ length: ${draws} }, (_, i) => found.gradient.data[3 * i]));
}
console.log({ mean: mean.mean, variance: varianceOf(mean), error: standardError(mean), n: mean.count });`,
    further: `npx zaya train categorical-vae --estimator ${estimator === "soft" ? "gumbel-softmax" : "straight-through"}`,
  }),
  open: async ({ temperature, estimator, logit1, logit2, draws }, { seed, engine }) => {
    const logits = input("logits", [draws, 3]);
    const soft = sampleGumbelSoftmax(logits, input("noise", [draws, 3]), input("temperature", []));
    const y = estimator === "soft" ? soft : straightThrough(soft);
    const cost = square(sub(sum(mul(y, constant(fromNumbers([...costs], [3]))), { axes: [1] }), target));
    const [gradient] = grad(sum(cost), [logits]);
    const program = await engine.compile({ outputs: { gradient: gradient!, y: soft } });
    const values = Float32Array.from({ length: 3 * draws }, (_, i) => [logit1, logit2, 0][i % 3]!);
    const given = { ...full([draws, 3], 0), data: values };
    const run = async (at: number, noise: ReturnType<typeof uniform>) =>
      program.run({ logits: given, noise, temperature: full([], at) });
    const probabilities = [logit1, logit2, 0].map(Math.exp);
    const total = probabilities.reduce((whole, each) => whole + each, 0);
    const p = probabilities.map((each) => each / total);
    const f = costs.map((each) => (each - target) ** 2);
    const exact = p[0]! * (f[0]! - p.reduce((mean, each, i) => mean + each * f[i]!, 0));
    const of = (program_: Awaited<ReturnType<typeof run>>) =>
      Float64Array.from({ length: draws }, (_, i) => program_.gradient!.data[3 * i]! as number);
    let main = emptyMean;
    const sweep = temperatures.map(() => emptyMean);
    let latest: ArrayLike<number> = [];
    let step = 0;
    return {
      get step() {
        return step;
      },
      advance: async () => {
        const noise = uniform(fold(key(seed), "gumbel", step++), [draws, 3]);
        const own = await run(temperature, noise);
        main = addValues(main, of(own));
        latest = (own.y!.data as Float32Array).slice(0, 3 * shown);
        for (const [i, at] of temperatures.entries()) sweep[i] = addValues(sweep[i]!, of(await run(at, noise)));
        return {};
      },
      measure: async () => ({
        exact,
        // Not n alone: charts are drawn over it.
        ...(main.count > 0 && {
          n: main.count,
          mean: main.mean,
          bias: main.mean - exact,
          error: standardError(main),
          variance: varianceOf(main),
        }),
      }),
      pictures: async () => {
        const xy = Float32Array.from({ length: (2 * latest.length) / 3 }, (_, i) =>
          corners.reduce((place, corner, k) => place + latest[3 * (i >> 1) + k]! * corner[i % 2]!, 0),
        );
        const known = sweep[0]!.count > 0;
        return {
          simplex: {
            kind: "plane",
            extent: [-0.1, 1.1, -0.1, 0.96],
            outline: corners.flat(),
            points: [
              { label: { en: "relaxed draws", fa: "نمونه‌های نرم" }, colour: "fake", xy, size: 2.5 },
              { label: { en: "categories", fa: "دسته‌ها" }, colour: "real", xy: corners.flat(), size: 6, hollow: true },
            ],
          },
          sweep: {
            kind: "curves",
            x: known ? temperatures : [],
            log: "both",
            xLabel: { en: "temperature τ", fa: "دمای τ" },
            curves: [
              {
                label: { en: "|bias|", fa: "|اریبی|" },
                colour: "fake",
                values: known ? sweep.map(({ mean }) => Math.abs(mean - exact)) : [],
              },
              { label: { en: "variance", fa: "واریانس" }, colour: "real", values: known ? sweep.map(varianceOf) : [] },
            ],
          },
        };
      },
      release: () => program.release(),
    };
  },
});

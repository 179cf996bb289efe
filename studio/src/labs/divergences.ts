import { z } from "zod";
import {
  normalJs1d,
  normalJs1dGradient,
  normalKl1d,
  normalLogDensity,
  normalW1d,
} from "../../../src/divergences/index.ts";
import { choice, defineLab, slider } from "./lab.ts";

const measures = {
  kl: { en: "KL(P ‖ Q)", fa: "KL(P ‖ Q)" },
  reverse: { en: "KL(Q ‖ P)", fa: "KL(Q ‖ P)" },
  js: { en: "JS", fa: "JS" },
  w1: { en: "W₁", fa: "W₁" },
} as const;

const controls = z.object({
  gap: slider({ en: "mean of Q (P is at 0)", fa: "میانگین Q (میانگین P صفر است)" }, 6, [-12, 12, 0.1]),
  spreadP: slider({ en: "standard deviation of P", fa: "انحراف معیار P" }, 1, [0.3, 4, 0.1]),
  spreadQ: slider({ en: "standard deviation of Q", fa: "انحراف معیار Q" }, 1, [0.3, 4, 0.1]),
  follow: choice({ en: "Q descends along", fa: "Q کدام را کاهش می‌دهد" }, "js", measures),
  rate: slider({ en: "step size", fa: "اندازهٔ گام" }, 0.05, [0.01, 0.5, 0.01]),
});

type Controls = z.output<typeof controls>;
const half = 14;
const places = Float64Array.from({ length: 281 }, (_, i) => -half + (2 * half * i) / 280);

/** All of a pair of normal distributions, from zaya's closed forms and quadratures. */
function valuesAt(mean: number, { spreadP, spreadQ }: Controls) {
  const [p, q] = [
    { mean: 0, deviation: spreadP },
    { mean, deviation: spreadQ },
  ];
  return { kl: normalKl1d(p, q), reverse: normalKl1d(q, p), js: normalJs1d(p, q), w1: normalW1d(p, q) };
}

/** Derivatives for the mean of Q: of JS by zaya's quadrature, of the others by a difference of fourth order. */
function gradientsAt(mean: number, controls: Controls) {
  const [a, b, c, d] = [-2e-3, -1e-3, 1e-3, 2e-3].map((h) => valuesAt(mean + h, controls));
  const slope = (name: keyof typeof measures) => (8 * (c![name] - b![name]) - (d![name] - a![name])) / 12e-3;
  const js = normalJs1dGradient({ mean: 0, deviation: controls.spreadP }, { mean, deviation: controls.spreadQ });
  return { kl: slope("kl"), reverse: slope("reverse"), js, w1: slope("w1") };
}

export const divergences = defineLab({
  id: "divergences",
  title: { en: "Divergences", fa: "واگرایی‌ها" },
  idea: {
    en: "When two distributions hardly overlap, JS is flat at log 2 and gives no gradient, while W₁ grows linearly.",
    fa: "وقتی دو توزیع تقریباً هم‌پوشانی ندارند، JS در log 2 تخت می‌شود و گرادیانی نمی‌دهد؛ ولی W₁ خطی رشد می‌کند.",
  },
  lesson: [
    {
      en: "Drag Q away from P, or use the first slider, and watch the four curves below.",
      fa: "Q را با نشانگر یا با لغزندهٔ نخست از P دور کنید و چهار منحنی پایین را ببینید.",
    },
    {
      en: "KL grows with the square of the gap and is not symmetric: widen Q, and KL(P ‖ Q) falls far below KL(Q ‖ P).",
      fa: "KL با مربع فاصله رشد می‌کند و متقارن نیست: Q را پهن کنید تا KL(P ‖ Q) بسیار کوچک‌تر از KL(Q ‖ P) شود.",
    },
    {
      en: "JS cannot exceed log 2 ≈ 0.693 and has almost reached it once the densities are a few standard deviations apart.",
      fa: "JS هرگز از log 2 ≈ 0.693 بیشتر نمی‌شود و با چند انحراف معیار فاصله تقریباً به آن می‌رسد.",
    },
    {
      en: "Press play: Q follows the gradient of the chosen divergence, and from far away JS leaves it where it is.",
      fa: "پخش را بزنید: Q در جهت گرادیانِ واگراییِ انتخاب‌شده حرکت می‌کند؛ از فاصلهٔ دور، JS آن را همان‌جا رها می‌کند.",
    },
    {
      en: "Between densities of equal width the slope of W₁ is 1 at every distance, which is why Wasserstein GANs can learn where the first GANs could not.",
      fa: "میان دو چگالیِ هم‌پهنا، شیبِ W₁ در هر فاصله‌ای ۱ است؛ به همین دلیل GANهای واسرشتاین جایی یاد می‌گیرند که نخستین GANها نمی‌توانستند.",
    },
  ],
  question: {
    en: "At which gap does the gradient of JS fall below a thousandth? What is that of W₁ there?",
    fa: "در چه فاصله‌ای گرادیان JS از یک‌هزارم کمتر می‌شود؟ گرادیان W₁ در همان نقطه چقدر است؟",
  },
  challenge: {
    text: {
      en: "Start at a gap of at least 6 and bring Q to P within 200 steps.",
      fa: "از فاصلهٔ دست‌کم ۶ شروع کنید و Q را در ۲۰۰ گام به P برسانید.",
    },
    isMet: ({ start = 0, w1 = 1 }, step) => Math.abs(start) >= 6 && step <= 200 && w1 < 0.05,
  },
  controls,
  contrast: { follow: "w1" },
  measureEvery: 1,
  meters: [
    { id: "kl", label: measures.kl, ideal: 0, chart: "descent", colour: "third" },
    { id: "reverse", label: measures.reverse, ideal: 0 },
    { id: "js", label: measures.js, ideal: 0, chart: "descent", colour: "fake" },
    { id: "w1", label: measures.w1, ideal: 0, chart: "descent", colour: "real" },
    { id: "klGradient", label: { en: "d KL(P ‖ Q) / d mean", fa: "مشتق KL(P ‖ Q) نسبت به میانگین" } },
    { id: "reverseGradient", label: { en: "d KL(Q ‖ P) / d mean", fa: "مشتق KL(Q ‖ P) نسبت به میانگین" } },
    { id: "jsGradient", label: { en: "d JS / d mean", fa: "مشتق JS نسبت به میانگین" } },
    { id: "w1Gradient", label: { en: "d W₁ / d mean", fa: "مشتق W₁ نسبت به میانگین" } },
    { id: "mean", label: { en: "mean of Q", fa: "میانگین Q" }, ideal: 0 },
  ],
  pictures: [
    { id: "densities", title: { en: "The two densities", fa: "دو چگالی" }, wide: true },
    { id: "overGap", title: { en: "Divergences as Q moves", fa: "واگرایی‌ها با جابه‌جایی Q" } },
    { id: "slopes", title: { en: "Their gradients for the mean of Q", fa: "گرادیان آن‌ها نسبت به میانگین Q" } },
  ],
  charts: [{ id: "descent", title: { en: "Along the descent", fa: "در مسیر کاهش" } }],
  explain: {
    text: {
      en: "JS compares both densities with their mixture M. Where they do not overlap, M is half of one and nothing of the other, and JS is log 2 however far they are apart. W₁ is the distance that mass must travel.",
      fa: "JS هر دو چگالی را با آمیختهٔ M می‌سنجد. جایی که هم‌پوشانی ندارند M نیمی از یکی است و هیچ از دیگری، و JS هر قدر هم که دور باشند log 2 است. W₁ فاصله‌ای است که جرم باید جابه‌جا شود.",
    },
    formula: ({ kl = 0, js = 0, w1 = 0 }, { spreadP, spreadQ }) => [
      String.raw`\mathrm{KL}(P\,\|\,Q)=\log\frac{\sigma_Q}{\sigma_P}+\frac{\sigma_P^2+(\mu_P-\mu_Q)^2}{2\sigma_Q^2}-\frac12=${kl.toPrecision(4)}\quad(\sigma_P=${spreadP},\ \sigma_Q=${spreadQ})`,
      String.raw`\mathrm{JS}(P,Q)=\tfrac12\mathrm{KL}(P\,\|\,M)+\tfrac12\mathrm{KL}(Q\,\|\,M)=${js.toPrecision(4)}\ \le\ \log 2`,
      String.raw`W_1(P,Q)=\inf_{\gamma}\ \mathbb{E}_{(x,y)\sim\gamma}\,|x-y|=${w1.toPrecision(4)}`,
    ],
  },
  code: ({ gap, spreadP, spreadQ, follow, rate }, _seed, step) => ({
    cli: null,
    typescript: `import { normalJs1d, normalJs1dGradient, normalKl1d, normalW1d } from "zaya/divergences";

const p = { mean: 0, deviation: ${spreadP} };
const at = (mean) => ({ mean, deviation: ${spreadQ} });
const kl = (mean) => normalKl1d(p, at(mean));
const reverse = (mean) => normalKl1d(at(mean), p);
const js = (mean) => normalJs1d(p, at(mean));
const w1 = (mean) => normalW1d(p, at(mean));
// By differences of fourth order; that of JS has a quadrature.
const slope = (f) => (m) => (8 * (f(m + 1e-3) - f(m - 1e-3)) - (f(m + 2e-3) - f(m - 2e-3))) / 12e-3;
const gradients = { kl: slope(kl), reverse: slope(reverse), js: (m) => normalJs1dGradient(p, at(m)), w1: slope(w1) };

let mean = ${gap};
for (let step = 0; step < ${step}; step++) {
  const next = mean - ${rate} * gradients.${follow}(mean);
  // W1 has a kink where the means meet.
  mean = ${follow === "w1" ? "next * mean < 0 ? 0 : next" : "next"};
}
console.log({ mean, kl: kl(mean), reverse: reverse(mean), js: js(mean), w1: w1(mean) });
console.log({ kl: gradients.kl(mean), reverse: gradients.reverse(mean), js: gradients.js(mean), w1: gradients.w1(mean) });`,
    further: "npx zaya repro js-vs-w",
  }),
  open: async (chosen) => {
    let mean = chosen.gap;
    let step = 0;
    const measure = async () => {
      const { kl, reverse, js, w1 } = valuesAt(mean, chosen);
      const slopes = gradientsAt(mean, chosen);
      const gradients = {
        klGradient: slopes.kl,
        reverseGradient: slopes.reverse,
        jsGradient: slopes.js,
        w1Gradient: slopes.w1,
      };
      return { kl, reverse, js, w1, ...gradients, mean, start: chosen.gap };
    };
    const swept = Array.from(places, (at) => valuesAt(at, chosen));
    const sloped = Array.from(places, (at) => gradientsAt(at, chosen));
    const sweep = (rows: readonly Readonly<Record<keyof typeof measures, number>>[]) =>
      (["kl", "reverse", "js", "w1"] as const).map((name, i) => ({
        label: measures[name],
        colour: (["third", "fourth", "fake", "real"] as const)[i]!,
        values: rows.map((row) => row[name]),
      }));
    return {
      get step() {
        return step;
      },
      advance: async () => {
        step++;
        const next = mean - chosen.rate * gradientsAt(mean, chosen)[chosen.follow];
        // W1 has a kink where the means meet: a step beyond it ends on it.
        mean = chosen.follow === "w1" && next * mean < 0 ? 0 : next;
        return {};
      },
      measure,
      pictures: async () => {
        const density = (own: number, deviation: number) =>
          places.map((x) => Math.exp(normalLogDensity({ mean: own, deviation }, x)));
        return {
          densities: {
            kind: "curves",
            x: places,
            xLabel: { en: "x (drag to move Q)", fa: "x (برای جابه‌جایی Q بکشید)" },
            drag: "gap",
            curves: [
              { label: { en: "P", fa: "P" }, colour: "real", values: density(0, chosen.spreadP), filled: true },
              { label: { en: "Q", fa: "Q" }, colour: "fake", values: density(mean, chosen.spreadQ), filled: true },
            ],
          },
          overGap: {
            kind: "curves",
            x: places,
            xLabel: { en: "mean of Q", fa: "میانگین Q" },
            y: [0, 6],
            mark: mean,
            curves: sweep(swept),
          },
          slopes: {
            kind: "curves",
            x: places,
            xLabel: { en: "mean of Q", fa: "میانگین Q" },
            y: [-2, 2],
            mark: mean,
            curves: sweep(sloped),
          },
        };
      },
      release: async () => undefined,
    };
  },
});

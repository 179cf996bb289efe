import { grad } from "../autodiff/index.ts";
import { ndarray } from "../base/ndarray.ts";
import { fold, key, normal } from "../base/random.ts";
import { normalLogProb, sampleNormal } from "../distributions/index.ts";
import {
  type GradientEstimator,
  addValues,
  emptyMean,
  noBaseline,
  pathwise,
  scoreFunction,
  varianceOf,
} from "../estimators/index.ts";
import { constant, input } from "../graph/tensor.ts";
import { reshape, square, sum } from "../ops/index.ts";
import { histogramPlot } from "../plot/index.ts";
import type { Row, RowContext } from "./row.ts";

const seed = 1;
const perCall = 50_000;

/** Gradients of E[z^2] with respect to theta, z ~ N(theta, 1), one per draw, computed by the estimators of the models. */
async function gradientsOf(
  { engine }: RowContext,
  estimator: GradientEstimator,
  theta: number,
  draws: number,
): Promise<Float64Array> {
  const n = perCall;
  const mean = input("theta", [n, 1]);
  const q = { mean, logVariance: constant(ndarray("float32", [1], Float32Array.of(0))) };
  const z = estimator.draws(sampleNormal(q, input("noise", [1, n, 1])));
  const costs = reshape(square(z), [1, n]);
  const [gradient] = grad(sum(estimator.surrogate(costs, normalLogProb(q, z, 2))), [mean]);
  const compiled = await engine.compile({ outputs: { gradient: gradient! } });
  const thetas = ndarray("float32", [n, 1], new Float32Array(n).fill(theta));
  const all = new Float64Array(Math.ceil(draws / n) * n);
  for (let start = 0; start < all.length; start += n) {
    const noise = normal(fold(key(seed), "gradient-variance", start), [1, n, 1]);
    const outputs = await compiled.run({ theta: thetas, noise });
    all.set(outputs.gradient!.data as Float32Array, start);
  }
  await compiled.release();
  return all;
}

const titles = {
  pathwise: "pathwise",
  scoreFunction: "score function",
  optimalBaseline: "with the best baseline",
} as const;

/** Unbiased variance and its standard error, from the fourth moment. */
function varianceAndError(values: Float64Array): { variance: number; stderr: number } {
  const sample = addValues(emptyMean, values);
  const variance = varianceOf(sample);
  const fourth = values.reduce((total, value) => total + (value - sample.mean) ** 4, 0) / values.length;
  return { variance, stderr: Math.sqrt((fourth - variance ** 2) / values.length) };
}

const exact = { pathwise: 4, scoreFunction: 30, optimalBaseline: 14 } as const;

export const gradientVarianceRow: Row = {
  name: "gradient-variance",
  summary:
    "variance of the single-sample gradient of E[z^2], z ~ N(1, 1): pathwise, score function, and score function with the optimal constant baseline",
  source: "exact: 4, theta^4 + 14 theta^2 + 15, 8 theta^2 + 6 at theta = 1",
  criterion: "4, 30 and 14 within 3 standard errors",
  paper: exact,
  scales: { quick: "200,000 draws per estimator", full: "2,000,000 draws per estimator" },
  run: async (context) => {
    const theta = 1;
    const draws = context.scale === "quick" ? 200_000 : 2_000_000;
    const estimators = {
      pathwise,
      scoreFunction: scoreFunction(noBaseline),
      optimalBaseline: scoreFunction(() => theta ** 2 + 3),
    };
    const values: Record<string, number> = {};
    const drawn: { name: string; values: Float64Array }[] = [];
    for (const [name, estimator] of Object.entries(estimators)) {
      const gradients = await gradientsOf(context, estimator, theta, draws);
      drawn.push({ name: titles[name as keyof typeof titles], values: gradients });
      const { variance, stderr } = varianceAndError(gradients);
      values[name] = variance;
      values[`${name}Stderr`] = stderr;
      context.say(`${name}: ${variance.toFixed(3)} +- ${stderr.toFixed(3)}`);
    }
    const histogram = histogramPlot({
      title: "One draw's gradient of E[z^2], z ~ N(1, 1)",
      x: { label: "gradient" },
      series: drawn,
      reference: { label: "exact: 2", value: 2 * theta },
    });
    return { values, seeds: [seed], pictures: { histogram } };
  },
  verdict: (values) => ({
    passed: Object.entries(exact).every(
      ([name, variance]) => Math.abs(values[name]! - variance) <= 3 * values[`${name}Stderr`]!,
    ),
  }),
};

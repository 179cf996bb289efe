import { stepScalar } from "../base/scalar-names.ts";
import { fold, key } from "../base/random.ts";
import { take } from "../data/index.ts";
import { monteCarlo } from "../estimators/index.ts";
import { evaluate } from "../evaluation/index.ts";
import { elbo } from "../metrics/index.ts";
import { type BetaVaeOptions, betaVae } from "../models/index.ts";
import { scatterPlot } from "../plot/index.ts";
import type { Run } from "../run/index.ts";
import { openTrained } from "../trained/index.ts";
import { type Row, type RowContext, type RowTraining, type Scale, type Values, bySeed, trainEach } from "./row.ts";

// Minimise the reconstruction term R subject to KL <= delta. The KKT conditions: R + beta KL is stationary, beta >= 0,
// KL <= delta, and beta (KL - delta) = 0. Where the constraint binds, beta = -dR / d delta.

const net = { hidden: [128], latent: 8 } as const;
const targets = [3, 6, 12] as const;
/** More than the KL term reaches without a penalty, so that the constraint is inactive. */
const loose = 300;

interface Budget {
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly images: number;
}

const budgets: Readonly<Record<Scale, Budget>> = {
  quick: { steps: 500, seeds: [1], images: 500 },
  full: { steps: 3000, seeds: [11, 12, 13], images: 2000 },
};
const [batch, learningRate, multiplierRate] = [64, 1e-3, 0.02];
/** Final fraction of a run over which the multiplier and its product with the slack are averaged. */
const settled = 0.25;

interface Constrained extends RowTraining {
  readonly name: string;
  readonly seed: number;
}

/** Results of one training run: the terms on training images, and the final weight of the KL term and complementarity. */
interface Found extends Pick<Constrained, "name" | "seed"> {
  readonly kl: number;
  readonly recon: number;
  readonly beta: number;
  readonly complementarity: number;
}

function trainingOf(
  { scale }: RowContext,
  data: RowTraining["data"],
  name: string,
  seed: number,
  chosen: BetaVaeOptions,
): Constrained {
  const { steps } = budgets[scale];
  const options = { steps, batch, learningRate, seed, logEvery: 10 };
  return { label: `${name}, seed ${seed}`, model: betaVae({ ...net, ...chosen }), data, options, name, seed };
}

async function measureTerms(context: RowContext, run: Run, { name, seed, data, options }: Constrained): Promise<Found> {
  const lines = await run.metrics();
  const atEnd = (scalar: string) => {
    const wanted = stepScalar.name({ step: "beta-vae", scalar });
    const from = (1 - settled) * (options.steps ?? 0);
    const values = lines.filter((line) => line.name === wanted && line.step > from).map(({ value }) => value!);
    return values.length === 0 ? Number.NaN : monteCarlo(values).mean;
  };
  const { trained, close } = await openTrained(run, context.engine);
  const images = take(data.train, budgets[context.scale].images);
  const { details } = await evaluate(elbo, trained, images, "train", fold(key(seed), "kl-multiplier"));
  await close();
  const [kl, recon] = [details.kl as number, details.recon as number];
  const found = { name, seed, kl, recon, beta: atEnd("beta"), complementarity: atEnd("complementarity") };
  context.say(
    `${name}, seed ${seed}: beta ${found.beta.toPrecision(4)}, KL ${kl.toFixed(3)}, recon ${recon.toFixed(2)}`,
  );
  return found;
}

function valuesOf(found: readonly Found[]): Values {
  const values: Record<string, number> = {};
  for (const name of new Set(found.map((one) => one.name))) {
    const own = found.filter((one) => one.name === name);
    for (const quantity of ["beta", "kl", "recon", "complementarity"] as const) {
      // With a fixed beta there is no slack.
      if (own.every((one) => Number.isNaN(one[quantity]))) continue;
      const all = own.map((one) => ({ seed: one.seed, value: one[quantity] }));
      Object.assign(values, bySeed(`${name}/${quantity}`, all));
    }
  }
  return values;
}

const constrained = (target: number) => `target${target}`;
const fixed = (target: number) => `fixed${target}`;

/** Largest allowed relative deviation of a KL term from its target, and of the complementarity (relative to beta delta) from 0. */
const within = 0.05;

/**
 * Decrease of the reconstruction error per additional nat of KL, between adjacent targets. R is convex in delta, so it lies
 * between their multipliers.
 */
function secants(values: Values): { readonly above: number; readonly slope: number; readonly below: number }[] {
  const of = (target: number, quantity: string) => values[`${constrained(target)}/${quantity}`]!;
  return targets.slice(1).map((wide, i) => {
    const narrow = targets[i]!;
    const slope = (of(narrow, "recon") - of(wide, "recon")) / (of(wide, "kl") - of(narrow, "kl"));
    return { above: of(narrow, "beta"), slope, below: of(wide, "beta") };
  });
}

function meetsBar(values: Values): boolean {
  const close = (value: number, to: number) => Math.abs(value - to) <= within * to;
  return (
    targets.every((target) => {
      const of = (quantity: string) => values[`${constrained(target)}/${quantity}`]!;
      return (
        close(of("kl"), target) &&
        close(values[`${fixed(target)}/kl`]!, target) &&
        of("beta") > 0 &&
        Math.abs(of("complementarity")) <= within * of("beta") * target
      );
    }) &&
    secants(values).every(({ above, slope, below }) => above > slope && slope > below) &&
    values[`${constrained(loose)}/beta`] === 0 &&
    values[`${constrained(loose)}/kl`]! < loose
  );
}

export const klMultiplierRow: Row = {
  name: "kl-multiplier",
  summary: `VAE on MNIST with the constraint KL <= delta (delta = ${targets.join(", ")} nats, and ${loose}, which does not bind): the learned multiplier, and the KL term of a run with that multiplier as fixed beta`,
  source:
    "Karush-Kuhn-Tucker conditions, Boyd and Vandenberghe, Convex optimization, section 5.5 and 5.6; Higgins et al., ICLR 2017, section 2, where beta is such a multiplier",
  criterion: `for each binding target, by the mean over seeds: KL of the constrained run and of the run with its multiplier as fixed beta within ${100 * within} % of delta, multiplier above 0, and complementary slackness: the absolute value of multiplier times (KL - delta) at most ${100 * within} % of multiplier times delta; between neighbouring targets the reconstruction error falls by an amount per nat that lies between their two multipliers; where the constraint does not bind, the multiplier is 0 and KL below delta. At --scale quick: the loose constraint only`,
  paper: {},
  scales: {
    quick: `${budgets.quick.steps} steps and ${budgets.quick.seeds.length} seed instead of ${budgets.full.steps} and ${budgets.full.seeds.length}: too short for the multiplier to converge`,
    full: `${net.hidden[0]} hidden units, ${net.latent} latents, ${budgets.full.steps} steps with batch size ${batch}, learning rate ${learningRate}, multiplier rate ${multiplierRate}, ${budgets.full.seeds.length} seeds; the multiplier is the mean over the last quarter of a run; terms on the first ${budgets.full.images} training images`,
  },
  run: async (context) => {
    const { seeds } = budgets[context.scale];
    const data = await context.open("mnist");
    const measure = (run: Run, of: Constrained) => measureTerms(context, run, of);
    const first = await trainEach(
      context,
      [...targets, loose].flatMap((klTarget) =>
        seeds.map((seed) => trainingOf(context, data, constrained(klTarget), seed, { klTarget, multiplierRate })),
      ),
      measure,
    );
    const betaOf = (target: number, seed: number) =>
      first.find((one) => one.name === constrained(target) && one.seed === seed)!.beta;
    const second = await trainEach(
      context,
      targets.flatMap((target) =>
        seeds.map((seed) => trainingOf(context, data, fixed(target), seed, { beta: betaOf(target, seed) })),
      ),
      measure,
    );
    return { values: valuesOf([...first, ...second]), seeds };
  },
  charts: (values) => ({ rateDistortion: rateDistortion(values) }),
  verdict: (values, scale) =>
    scale === "quick"
      ? {
          passed: values[`${constrained(loose)}/beta`] === 0 && values[`${constrained(loose)}/kl`]! < loose,
          remarks: ["The multipliers of the binding targets are still rising; only the full scale tests them."],
        }
      : {
          passed: meetsBar(values),
          remarks: [
            `KL of runs with the learned multiplier as fixed beta, for targets ${targets.join(", ")}: ${targets.map((target) => values[`fixed${target}/kl`]!.toPrecision(3)).join(", ")} nats.`,
            `Decrease of the reconstruction error per additional nat of KL from one target to the next (middle number), with the multipliers of both targets on either side: ${secants(
              values,
            )
              .map(
                ({ above, slope, below }) =>
                  `${above.toPrecision(3)} > ${slope.toPrecision(3)} > ${below.toPrecision(3)}`,
              )
              .join("; ")}.`,
          ],
        },
};

/** Reconstruction against KL for both kinds of runs, labelled with beta. */
function rateDistortion(values: Values): string {
  const marks = (names: readonly string[], labelled: boolean) =>
    names.map((name) => ({
      x: values[`${name}/kl`]!,
      y: values[`${name}/recon`]!,
      ...(labelled && { label: `beta ${values[`${name}/beta`]!.toPrecision(3)}` }),
    }));
  return scatterPlot({
    title: "Constrained runs, and runs with their multiplier as fixed beta",
    x: { label: "KL term in nats" },
    y: { label: "reconstruction term in nats" },
    series: [
      { name: "KL <= delta", marks: marks(targets.map(constrained), true), joined: true },
      { name: "fixed beta", marks: marks(targets.map(fixed), false) },
    ],
  });
}

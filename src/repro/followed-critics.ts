import { fold, key } from "../base/random.ts";
import { sampleEmd } from "../base/scalar-names.ts";
import { take } from "../data/index.ts";
import { kid } from "../metrics/index.ts";
import { classifier, wgan, wganGp } from "../models/index.ts";
import type { Run } from "../run/index.ts";
import { classifierFeatures, openTrained } from "../trained/index.ts";
import { evaluator } from "../evaluation/index.ts";
import { criticGap } from "./held-critic.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import type { MeasuredTraining, RowContext, Values } from "./row.ts";

// Whether a critic's estimate tracks the quality of the generator during training: at every evaluation it is paired with an
// independent measure.

const seed = 1;
/** The weight of the gradient penalty in the authors' code for points. */
export const pointPenalty = 0.1;

/** Training runs on ring8, measured by the rank correlation of the critic's gap and the exact earth mover's distance. */
export async function followedOnPoints(context: RowContext): Promise<MeasuredTraining[]> {
  const steps = context.scale === "quick" ? 400 : 8000;
  const every = steps / 40;
  const data = await context.open("ring8");
  const models = { wgan: wgan({ clip: 0.1 }), wganGp: wganGp({ penalty: pointPenalty }) };
  return Object.entries(models).map(([name, model]) => ({
    label: `${name} on ring8`,
    model,
    data,
    options: { steps, batch: 256, learningRate: 1e-3, seed, sampleEvery: every, logEvery: every },
    measure: async (run) => {
      const distances = await loggedAs(run, sampleEmd);
      return reported(context, `${name}/ring8/rankCorrelation`, correlation(await loggedAs(run, criticGap), distances));
    },
  }));
}

/** Training runs on digits, measured by the rank correlation of the critic's gap and KID in the features of a classifier, which is trained first. */
export async function followedOnImages(context: RowContext): Promise<MeasuredTraining[]> {
  const quick = context.scale === "quick";
  const evaluations = quick ? 4 : 20;
  const steps = quick ? 40 : 800;
  const every = steps / evaluations;
  const samples = quick ? 200 : 2000;
  const digits = await context.open("mnist");
  const data = { train: digits.train, test: take(digits.test, samples) };
  let classifierRun: Run | undefined;
  const nets = { hidden: [16, 32] };
  const critics = Object.entries({ wgan: wgan(nets), wganGp: wganGp(nets) }).map(([name, model]) => ({
    label: `${name} on digits`,
    model,
    data,
    // All of them are kept: one saved at an interruption must not replace one that is measured.
    options: { steps, batch: 64, seed, logEvery: every, checkpointEvery: every, keep: steps },
    measure: async (run: Run) => {
      const classNet = await openTrained(classifierRun!, context.engine);
      const features = await classifierFeatures(classNet.trained, "classifier");
      const distances = new Map<number, number>();
      for (let step = every; step <= steps; step += every) {
        const { trained, close } = await openTrained(run, context.engine, "last", step);
        const measure = evaluator({ trained, data: data.test, part: "test", key: fold(key(seed), "kid"), features });
        distances.set(step, (await measure(kid, { samples })).value);
        await close();
      }
      await classNet.close();
      const found = correlation(await loggedAs(run, criticGap), distances);
      return {
        ...reported(context, `${name}/mnist/rankCorrelation`, found),
        [`${name}/mnist/kid`]: distances.get(steps)!,
      };
    },
  }));
  const classes: MeasuredTraining = {
    label: "classifier",
    model: classifier(),
    data: digits,
    options: { epochs: quick ? 1 : 3, seed },
    measure: async (run) => {
      classifierRun = run;
      return {};
    },
  };
  return [classes, ...critics];
}

function reported({ say }: RowContext, name: string, value: number): Values {
  say(`${name}: ${value.toFixed(3)}`);
  return { [name]: value };
}

/** A scalar of a run by step. */
async function loggedAs(run: Run, name: string): Promise<Map<number, number>> {
  const lines = await run.metrics();
  return new Map(lines.filter((line) => line.name === name).map(({ step, value }) => [step, value!]));
}

/** Correlation of two scalars over the steps that have both. */
function correlation(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  const both = [...a.keys()].filter((step) => b.has(step));
  return rankCorrelation(
    both.map((step) => a.get(step)!),
    both.map((step) => b.get(step)!),
  );
}

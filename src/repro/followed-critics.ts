import { fold, key } from "../base/random.ts";
import { sampleEmd, stepScalar } from "../base/scalar-names.ts";
import { take } from "../data/index.ts";
import { kid } from "../metrics/index.ts";
import { classifier, wgan, wganGp } from "../models/index.ts";
import { type Run } from "../run/index.ts";
import { classifierFeatures, openTrained } from "../trained/index.ts";
import { evaluator } from "../evaluation/index.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import { type RowContext, fit, trainToEnd } from "./row.ts";

// Whether a critic's estimate tracks the quality of the generator during training: at every evaluation it is paired with an
// independent measure.

const seed = 1;
/** The weight of the gradient penalty in the authors' code for points. */
export const pointPenalty = 0.1;
const criticGap = stepScalar.name({ step: "critic", scalar: "gap" });

/** Rank correlation, by model, of the critic's gap and the exact Earth-Mover distance on ring8. */
export async function followedOnPoints(context: RowContext): Promise<Record<string, number>> {
  const steps = context.scale === "quick" ? 400 : 8000;
  const every = steps / 40;
  const data = await context.open("ring8");
  const found: Record<string, number> = {};
  for (const [name, model] of Object.entries({
    wgan: wgan({ clip: 0.1 }),
    wganGp: wganGp({ penalty: pointPenalty }),
  })) {
    const options = { steps, batch: 256, learningRate: 1e-3, seed, sampleEvery: every, logEvery: every };
    const run = await trainToEnd(context, `${name} on ring8`, model, data, options);
    const distances = await loggedAs(run, sampleEmd);
    found[`${name}/ring8/rankCorrelation`] = correlation(await loggedAs(run, criticGap), distances);
  }
  return found;
}

/** Rank correlation, by model, of the critic's gap and the kernel distance of digits. */
export async function followedOnImages(context: RowContext): Promise<Record<string, number>> {
  const quick = context.scale === "quick";
  const looks = quick ? 4 : 20;
  const steps = quick ? 40 : 800;
  const every = steps / looks;
  const samples = quick ? 200 : 2000;
  const digits = await context.open("mnist");
  const data = { train: digits.train, test: take(digits.test, samples) };
  const teller = await fit(context, "classifier", classifier(), digits, { epochs: quick ? 1 : 3, seed });
  const features = await classifierFeatures(teller.trained, "classifier");
  const nets = { hidden: [16, 32] };
  const found: Record<string, number> = {};
  for (const [name, model] of Object.entries({ wgan: wgan(nets), wganGp: wganGp(nets) })) {
    const options = { steps, batch: 64, seed, logEvery: every, checkpointEvery: every, keep: looks };
    const run = await trainToEnd(context, `${name} on digits`, model, data, options);
    const distances = new Map<number, number>();
    for (let step = every; step <= steps; step += every) {
      const { trained, close } = await openTrained(run, context.engine, "last", step);
      const judge = evaluator({ trained, data: data.test, part: "test", key: fold(key(seed), "kid"), features });
      distances.set(step, (await judge(kid, { samples })).value);
      await close();
    }
    found[`${name}/mnist/rankCorrelation`] = correlation(await loggedAs(run, criticGap), distances);
    found[`${name}/mnist/kid`] = distances.get(steps)!;
  }
  await teller.close();
  return found;
}

/** A number of a run by step. */
async function loggedAs(run: Run, name: string): Promise<Map<number, number>> {
  const lines = await run.metrics();
  return new Map(lines.filter((line) => line.name === name).map(({ step, value }) => [step, value!]));
}

/** Of two numbers at the steps that have both. */
function correlation(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  const both = [...a.keys()].filter((step) => b.has(step));
  return rankCorrelation(
    both.map((step) => a.get(step)!),
    both.map((step) => b.get(step)!),
  );
}

import { DivergedError, OptionError } from "../base/errors.ts";
import { fold, key } from "../base/random.ts";
import { subsample } from "../data/index.ts";
import { type Evaluation, followed, measureDefaults } from "../evaluation/evaluate.ts";
import { recordedOverfit } from "../evaluation/overfit-record.ts";
import type { Plan } from "../run/plan.ts";
import { requireUpdates } from "../runtime/index.ts";
import type { TrainedModel } from "../trained/trained.ts";
import { recordedPoints } from "./sample-record.ts";
import { type Sessions, openSessions } from "./stage-session.ts";
import { initialOf } from "./start-session.ts";

/**
 * A training run controlled by its caller: each step is executed on request, and the model can be used between steps. Nothing is
 * written. Its steps and measurements are those of `train` on the same plan, bit for bit.
 *
 * ```ts
 * const training = await LiveTraining.open(await planRun(gan(), data, { seed: 7 }, { engine: wasmEngine() }));
 * while (training.step < 1000) await training.next();
 * const points = await training.trained.sample(key(1), 500);
 * ```
 * @throws OptionError, DivergedError and EngineError as its methods say.
 */
export class LiveTraining {
  private done = 0;
  private singleUpdates = 0;

  private constructor(
    private readonly plan: Plan,
    private readonly sessions: Sessions,
  ) {}

  /** Prepares a training run before its first step. @throws EngineError when updates do not reach the engine's state. */
  static async open(plan: Plan): Promise<LiveTraining> {
    await requireUpdates(plan.engine);
    const training = new LiveTraining(plan, openSessions(plan, initialOf(plan)));
    await training.sessions.at(0);
    return training;
  }

  /** Number of steps done. */
  get step(): number {
    return this.done;
  }

  /** Total number of steps, over which schedules run. */
  get steps(): number {
    return this.plan.config.train.steps;
  }

  /** The model with its current parameters. */
  get trained(): TrainedModel {
    return this.sessions.trained;
  }

  /**
   * Performs the next step; returns what it logs, by name: `generator/loss`.
   * @throws DivergedError when one of them is not finite. @throws OptionError when all steps are done.
   */
  async next(): Promise<Readonly<Record<string, number>>> {
    if (this.done >= this.steps)
      throw new OptionError(`the training run has ${this.steps} steps, all of which are done`);
    const session = await this.sessions.at(this.done);
    const scalars = (await session.step(this.done, async () => true)) as Record<string, number>;
    this.done++;
    return this.finite(scalars);
  }

  /**
   * Performs one update of a single one of the model's steps, `"discriminator"` for example, on a separate batch and noise.
   * It does not count as a step, and the run then differs from that of `train`.
   * @throws OptionError for an unknown step. @throws DivergedError as `next`.
   */
  async update(name: string): Promise<Readonly<Record<string, number>>> {
    const session = await this.sessions.at(Math.min(this.done, this.steps - 1));
    return this.finite(await session.update(name, this.done, this.singleUpdates++));
  }

  /** Norms of gradients and shares of dead units, as `train` logs them: `dead/generator/layer1`. */
  async health(): Promise<Readonly<Record<string, number>>> {
    return (await this.sessions.at(Math.max(0, this.done - 1))).health(this.done);
  }

  /** Modes and the earth mover's distance of samples, as `train` logs them of points; empty for images. */
  samples(): Promise<Readonly<Record<string, number>>> {
    return recordedPoints(this.trained, this.plan.data, key(this.plan.config.train.seed));
  }

  /** Signs of overfitting, as `train` logs them: `overfit/scores/heldOut`, `overfit/memorised`. */
  overfitting(): Promise<Readonly<Record<string, number>>> {
    return recordedOverfit(this.trained, this.plan.data, fold(key(this.plan.config.train.seed), "overfit"));
  }

  /** The recipe's usual metrics on a part of the test items, as `train` logs them: the ELBO of a VAE. */
  evaluate(): Promise<readonly Evaluation[]> {
    const { data, config } = this.plan;
    return measureDefaults(this.trained, subsample(data.test, followed), "test", key(config.train.seed));
  }

  /** Frees the engine's memory. The model cannot be used afterwards. */
  release(): Promise<void> {
    return this.sessions.release();
  }

  private finite(scalars: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    for (const [name, value] of Object.entries(scalars)) {
      if (!Number.isFinite(value)) {
        throw new DivergedError(
          this.done,
          `all losses must be finite - got ${name} is ${value} at step ${this.done}`,
          "try a smaller learning rate",
        );
      }
    }
    return scalars;
  }
}

import type { Key } from "../base/random.ts";
import { fold } from "../base/random.ts";
import { type Dataset, somePlaces } from "../data/index.ts";
import type { Compiled, Engine, State } from "../runtime/index.ts";
import { feedDeclared } from "./feeds.ts";
import { labelsAt } from "./labels.ts";
import { type StepOptions, type Traced, batchName, traceHealth } from "./trace.ts";

/**
 * Looks at the nets of a run while it trains: gradients and dead units on one batch, the same items with the same
 * noise each time. Nothing that it does changes the run.
 */
export class Health {
  private constructor(
    private readonly compiled: Compiled,
    private readonly declared: Traced["declared"],
    private readonly data: Dataset,
    private readonly indices: Int32Array,
    private readonly key: Key,
  ) {}

  static async open(engine: Engine, options: StepOptions, data: Dataset, key: Key): Promise<Health> {
    const { program, declared } = traceHealth(options);
    const indices = somePlaces(data, options.batch[0]!);
    return new Health(await engine.compile(program), declared, data, indices, fold(key, "health"));
  }

  /** The numbers by name, after so many of the stage's steps. */
  async measure(state: State, step: number, steps: number): Promise<Record<string, number>> {
    const { indices } = this;
    const items = { part: "train", indices };
    const labels = () => labelsAt(this.data, indices);
    const feeds = feedDeclared(this.declared, { key: this.key, count: 0, progress: { step, steps }, items, labels });
    const outputs = await this.compiled.run({ ...feeds, [batchName(0)]: this.data.read(indices) }, state);
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]!]));
  }

  release(): Promise<void> {
    return this.compiled.release();
  }
}

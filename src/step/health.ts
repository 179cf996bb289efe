import { deadUnits, deadUnitsStderr } from "../base/scalar-names.ts";
import type { NdArray } from "../base/ndarray.ts";
import { type Key, fold } from "../base/random.ts";
import { type Dataset, readBatch, subsampleIndices } from "../data/index.ts";
import type { Compiled, Engine, State } from "../runtime/index.ts";
import { feedDeclared } from "./feeds.ts";
import { labelsAt } from "./labels.ts";
import { type StepOptions, type Traced, batchName, traceHealth, traceUnits } from "./trace.ts";

/** A compiled graph, and its declared inputs. */
interface Part {
  readonly compiled: Compiled;
  readonly declared: Traced["declared"];
}

/**
 * Measures the nets of a run during training, always on the same items with the same noise: gradient norms on one
 * batch, and the share of dead units of each layer on several batches. It does not affect the run.
 */
export class Health {
  private constructor(
    /** For the first batch, and for each batch after it. */
    private readonly first: Part,
    private readonly further: Part | null,
    private readonly data: Dataset,
    /** Item indices of each batch. */
    private readonly indices: readonly Int32Array[],
    private readonly key: Key,
  ) {}

  /** @param items Number of items on which dead units are counted: one batch, or several. */
  static async open(engine: Engine, options: StepOptions, data: Dataset, key: Key, items: number): Promise<Health> {
    const size = options.batch[0]!;
    const units = traceUnits(options);
    // Gradients use one batch.
    const batches = Object.keys(units.program.outputs).length === 0 ? 1 : items / size;
    const places = subsampleIndices(data, batches * size);
    const indices = Array.from({ length: batches }, (_, i) => places.slice(i * size, (i + 1) * size));
    const open = async ({ program, declared }: Traced): Promise<Part> => ({
      compiled: await engine.compile(program),
      declared,
    });
    const first = await open(traceHealth(options));
    const further = indices.length === 1 ? null : await open(units);
    return new Health(first, further, data, indices, fold(key, "health"));
  }

  /**
   * The numbers by name, after `step` steps of the stage: `gradient/STEP/NET`, and for each hidden ReLU layer
   * `dead/NET/layer1`, the share of units (channels, for images) that no item activates, with its standard error.
   */
  async measure(state: State, step: number, steps: number): Promise<Record<string, number>> {
    const numbers: Record<string, number> = {};
    const units = new Map<string, NdArray[]>();
    for (const [batch, indices] of this.indices.entries()) {
      const { compiled, declared } = batch === 0 ? this.first : this.further!;
      const items = { part: "train", indices };
      const labels = () => labelsAt(this.data, indices);
      const feeds = feedDeclared(declared, { key: this.key, count: batch, progress: { step, steps }, items, labels });
      const outputs = await compiled.run({ ...feeds, [batchName(0)]: await readBatch(this.data, indices) }, state);
      for (const [name, value] of Object.entries(outputs)) {
        if (deadUnits.parse(name) === null) numbers[name] = value.data[0]!;
        else units.set(name, [...(units.get(name) ?? []), value]);
      }
    }
    for (const [name, highest] of units) {
      const { share, stderr } = deadShare(highest);
      numbers[name] = share;
      if (Number.isFinite(stderr)) numbers[deadUnitsStderr.name(deadUnits.parse(name)!)] = stderr;
    }
    return numbers;
  }

  async release(): Promise<void> {
    await this.first.compiled.release();
    await this.further?.compiled.release();
  }
}

/**
 * The share of units that no item activates, with its jackknife standard error over groups of items: a unit that only
 * one group activates might be dead on other items. NaN for one group.
 * @param highest The largest pre-activation of each unit by group, [groups, units] for each batch.
 * @source Efron, Stein, "The jackknife estimate of variance", 1981.
 */
function deadShare(highest: readonly NdArray[]): { readonly share: number; readonly stderr: number } {
  const units = highest[0]!.shape[1]!;
  const groups = highest.flatMap(({ data, shape }) =>
    Array.from({ length: shape[0]! }, (_, group) => data.subarray(group * units, (group + 1) * units)),
  );
  let dead = 0;
  const dying = new Int32Array(groups.length);
  for (let unit = 0; unit < units; unit++) {
    let alive = 0;
    let last = 0;
    for (let group = 0; group < groups.length; group++) {
      if (!(groups[group]![unit]! > 0)) continue;
      alive++;
      last = group;
    }
    if (alive === 0) dead++;
    if (alive === 1) dying[last]!++;
  }
  const mean = dying.reduce((sum, count) => sum + count, 0) / groups.length;
  const squares = dying.reduce((sum, count) => sum + (count - mean) ** 2, 0);
  const stderr = groups.length < 2 ? Number.NaN : Math.sqrt(((groups.length - 1) / groups.length) * squares) / units;
  return { share: dead / units, stderr };
}

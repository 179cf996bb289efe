import { OptionError, RunError } from "../base/errors.ts";
import { formatShape } from "../base/ndarray.ts";
import { flatten } from "../base/tree.ts";
import type { Model } from "../models/index.ts";
import type { Arrays } from "../runtime/index.ts";
import { type CheckpointChoice, loadParameters } from "./load-parameters.ts";
import type { InitialRun } from "./config.ts";
import type { Layout } from "../step/layout.ts";
import type { Run } from "./run.ts";
import { stateNames } from "../step/state-view.ts";
import { inferenceState } from "./weights.ts";

/** Parameters of another run that a run begins with, and whose they are. */
export interface InitialParameters {
  readonly init: InitialRun;
  readonly layouts: Readonly<Record<string, Layout>>;
  /** Parameters and running statistics, by their names in a state. */
  readonly values: Arrays;
}

/**
 * The parameters of a run's newest checkpoint: their moving averages where it keeps some, with its running statistics.
 * @param folder How the run is named in the config of the one that begins with it.
 * @throws RunError when it has no checkpoint.
 */
export async function parametersOfRun(
  run: Run,
  folder: string,
  choice: CheckpointChoice = "last",
): Promise<InitialParameters> {
  const { checkpoint, state, layouts, weights } = await loadParameters(run, "ema", choice);
  const init = {
    run: folder,
    step: checkpoint.step,
    weights: weights ?? ("last" as const),
    sha256: checkpoint.sha256["params.safetensors"],
  };
  return { init, values: inferenceState(state, "ema"), layouts };
}

/** @throws OptionError naming the first net, parameter or statistic of a model that another run's are not like. */
export function requireLike(
  recipe: string,
  model: Model,
  own: Readonly<Record<string, Layout>>,
  { init, values, layouts: others }: InitialParameters,
): void {
  const differs = (what: string, wanted: string, got: string): OptionError =>
    new OptionError(
      `init-from: ${what} must be ${wanted}, as in this ${recipe} - got ${got} in ${init.run}`,
      "use the options and the item shape of the other run, which are in its config.json",
    );
  for (const [net, { stats = {} }] of Object.entries(model.nets)) {
    const other = others[net];
    if (other === undefined) throw differs(`the net ${net}`, "there", "none");
    const shapes = new Map(other.entries.map(({ path, shape }) => [path, formatShape(shape)]));
    for (const { path, shape } of own[net]!.entries) {
      const got = shapes.get(path) ?? "none";
      if (got !== formatShape(shape)) throw differs(`${net}.${path}`, formatShape(shape), got);
    }
    const extra = other.entries.find(({ path }) => own[net]!.entries.every((entry) => entry.path !== path));
    if (extra !== undefined) throw differs(`${net}.${extra.path}`, "none", formatShape(extra.shape));
    for (const [path, { shape }] of flatten(stats)) {
      const got = values[stateNames.stat(net, path)]?.shape;
      if (got?.join() !== shape.join())
        throw differs(`${net}.${path}`, formatShape(shape), got ? formatShape(got) : "none");
    }
  }
}

/** What a run begins with. @throws RunError when that is not there, or no longer what it was when the run began. */
export function initialOf({ config: { init } }: Run, given: InitialParameters | undefined): Arrays {
  if (init === undefined) return {};
  if (init.sha256 === given?.init.sha256) return given.values;
  throw new RunError(
    `init-from: ${init.run} must be unchanged since this run was initialised from its step ${init.step} - got ${given === undefined ? "nothing" : "other bytes"}`,
    "the run has no checkpoint yet: train a new one",
  );
}

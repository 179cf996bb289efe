import { OptionError, RunError } from "../base/errors.ts";
import { formatShape } from "../base/ndarray.ts";
import { flatten } from "../base/tree.ts";
import type { Model } from "../models/index.ts";
import type { InitialRun } from "./config.ts";
import type { Run } from "./run.ts";
import type { Parameters } from "../step/initial-state.ts";
import { type Layouts, stateNames } from "../step/state-view.ts";

/** Parameters of another run to initialise from, with their origin. */
export interface InitialParameters extends Parameters {
  readonly init: InitialRun;
}

/**
 * @throws OptionError naming the first net, parameter or statistic that differs between the model and the other run.
 */
export function requireLike(
  recipe: string,
  model: Model,
  own: Layouts,
  { init, values, layouts: others }: InitialParameters,
): void {
  const differs = (what: string, wanted: string, got: string): OptionError =>
    new OptionError(
      `init-from: ${what} must be ${wanted}, as in this ${recipe} - got ${got} in ${init.run}`,
      "use the options and the item shape of the other run, which are in its config.json",
    );
  for (const [net, { stats = {} }] of Object.entries(model.nets)) {
    const other = others[net];
    if (other === undefined) throw differs(`the net ${net}`, "present", "none");
    const shapes = new Map(other.entries.map(({ path, shape }) => [path, formatShape(shape)]));
    for (const { path, shape } of own[net]!.entries) {
      const got = shapes.get(path) ?? "none";
      if (got !== formatShape(shape)) throw differs(`${net}.${path}`, formatShape(shape), got);
    }
    const extra = other.entries.find(({ path }) => own[net]!.entries.every((entry) => entry.path !== path));
    if (extra !== undefined) throw differs(`${net}.${extra.path}`, "absent", formatShape(extra.shape));
    for (const [path, { shape }] of flatten(stats)) {
      const got = values[stateNames.stat(net, path)]?.shape;
      if (got?.join() !== shape.join())
        throw differs(`${net}.${path}`, formatShape(shape), got ? formatShape(got) : "none");
    }
  }
}

/** @throws RunError when the checkpoint that a run was initialised from is missing or has changed. */
export function requireInitial({ config: { init } }: Run, given: InitialParameters | undefined): void {
  if (init === undefined || init.sha256 === given?.init.sha256) return;
  throw new RunError(
    `init-from: the parameters of ${init.run} at step ${init.step}, from which this run was initialised, must be unchanged - got ${given === undefined ? "none" : "others"}`,
    "this run has no checkpoint of its own yet, so it cannot be resumed: train a new one",
  );
}

import { OptionError } from "../base/errors.ts";
import { gibibytes } from "../base/gibibytes.ts";
import { flagOf } from "../base/options.ts";
import { key } from "../base/random.ts";
import { type Shape, sizeOf, zeros } from "../base/ndarray.ts";
import { flatten } from "../base/tree.ts";
import { toposort } from "../graph/traverse.ts";
import type { Model } from "../models/index.ts";
import { initialParams, layoutOf, layoutsOf, ravel } from "./layout.ts";
import { traceStep } from "./trace.ts";

/**
 * Refuses a model whose graph, which grows with an option, would not fit into memory. The graph itself is not built:
 * its size is extrapolated from option values 1 and 2. All values of a step are counted, as if none were freed
 * before its end; actual memory use is 0.5 to 0.8 of that.
 * @param memory Bytes; unlimited if not given.
 * @throws OptionError when the step would not fit.
 */
export function requireStepMemory(recipe: string, { growth }: Model, batch: Shape, memory = Infinity): void {
  if (growth === undefined || growth.value < 2) return;
  const [one, two] = [stepBytes(growth.at(1), batch), stepBytes(growth.at(2), batch)];
  const bytes = one + (growth.value - 1) * (two - one);
  if (bytes <= memory) return;
  const most = Math.max(1, Math.floor(1 + (memory - one) / (two - one)));
  throw new OptionError(
    `${recipe}: a step must fit into the ${gibibytes(memory)} of memory that are free - got ${flagOf(growth.option)} ${growth.value}, which takes about ${gibibytes(bytes)} at batch ${batch[0]}`,
    `about ${most} would fit; or choose a smaller --batch`,
  );
}

/**
 * Refuses a model whose parameters and optimizer state do not fit into memory, before any are allocated. Each array is
 * counted twice, because a step reads one copy and writes the other.
 * @param larger Options of the model that are larger than by default, which may be the cause.
 * @param memory Bytes; unlimited if not given.
 * @throws OptionError when they would not fit.
 */
export function requireParameterMemory(
  recipe: string,
  model: Model,
  larger: readonly string[],
  memory = Infinity,
): void {
  const sizes = Object.entries(layoutsOf(model, 0)).map(([net, { size }]) => {
    const slots = model.steps
      .filter(({ updates }) => updates.includes(net))
      .flatMap((step) => Object.keys(step.optimizer(() => 0, net).init(zeros([0]))));
    const stats = [...flatten(model.nets[net]!.stats ?? {}).values()].map(({ shape }) => sizeOf(shape));
    const numbers = size * (1 + slots.length) + stats.reduce((sum, count) => sum + count, 0);
    return { net, size, bytes: 2 * 4 * numbers };
  });
  const bytes = sizes.reduce((sum, net) => sum + net.bytes, 0);
  if (bytes <= memory) return;
  const { net, size } = sizes.reduce((most, one) => (one.bytes > most.bytes ? one : most));
  throw new OptionError(
    `${recipe}: the parameters and the optimizer's state must fit into the ${gibibytes(memory)} of memory that are free - got about ${gibibytes(bytes)}; ${net} alone has ${size} parameters`,
    larger.length === 0 ? "choose smaller items, --size" : `choose a smaller ${larger.map(flagOf).join(" or ")}`,
  );
}

/** Bytes of all values of one training step's graph, of which processes take 0.5 to 0.8. @param batch Its shape. */
export function stepBytes(model: Model, batch: Shape): number {
  const initial = initialParams(model, key(0));
  const layouts = Object.fromEntries(Object.entries(initial).map(([net, params]) => [net, layoutOf(params)]));
  const rate = () => 0;
  const slotNames = (name: string, net: string) => {
    const step = model.steps.find((known) => known.name === name)!;
    return Object.keys(step.optimizer(rate, net).init(ravel(initial[net]!)));
  };
  const { program } = traceStep({ model, layouts, batch, rate, slotNames });
  const nodes = toposort([...Object.values(program.outputs), ...Object.values(program.updates ?? {})]);
  return nodes.reduce((sum, { shape }) => sum + 4 * sizeOf(shape as Shape), 0);
}

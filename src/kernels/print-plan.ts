import { formatShape } from "../base/ndarray.ts";
import { viewKey } from "../graph/view.ts";
import { nodesOf, printKernel } from "./kernel.ts";
import type { Schedule } from "./schedule.ts";
import { type Buffer, type Step, readsOf, writesOf } from "./steps.ts";
import { bytesOfBuffer } from "./memory-plan.ts";

/** The steps of a schedule as text, in their order: what each reads and writes, and with `bodies` what passes compute. */
export function printPlan({ segments, inPlace, copied }: Schedule, bodies = false): string {
  const numbers = new Map<object, number>();
  const nameOf = (source: object): string => {
    const buffer = inPlace.get(source as Buffer) ?? (source as Buffer);
    if (buffer.role === "input") return buffer.name;
    if (!numbers.has(buffer)) numbers.set(buffer, numbers.size);
    return `${buffer.name.replaceAll(" ", "-")}.${numbers.get(buffer)}`;
  };
  const lines = segments.flatMap((segment): string[] =>
    segment.kind === "onnx"
      ? ["ONNX Runtime", ...segment.products.map((step) => `  ${describe(step, nameOf)}`)]
      : [
          "kernels",
          ...segment.steps.map((step) => `  ${describe(step, nameOf)}`),
          ...(bodies ? segment.steps.flatMap((step) => (step.kind === "pass" ? [printKernel(step, nameOf)] : [])) : []),
        ],
  );
  const commits = [...copied].map(([next, old]) => `copy ${nameOf(next)} to ${old.name}: ${bytesOfBuffer(next)} bytes`);
  return [...lines, ...commits].join("\n");
}

function describe(step: Step, nameOf: (source: object) => string): string {
  const [reads, writes] = [readsOf(step), writesOf(step)].map((views) =>
    [...new Set(views.map(({ source }) => nameOf(source)))].join(" "),
  );
  if (step.kind === "product") {
    return `product ${viewKey(step.a, nameOf)} by ${viewKey(step.b, nameOf)} -> ${viewKey(step.out, nameOf)}`;
  }
  if (step.kind !== "pass") return `${step.kind} ${reads} -> ${writes}`;
  const work = nodesOf(step).filter(({ kind }) => kind === "applied").length;
  const over =
    step.reduced === null ? "" : ` over axes ${step.reduced.axes.join(", ")} of ${formatShape(step.reduced.shape)}`;
  return `pass of ${step.size}${over}, ${work} instructions: ${reads} -> ${writes}`;
}

import { systemClock } from "../base/clock.ts";
import { DivergedError } from "../base/errors.ts";
import { shellWord } from "../base/shell-word.ts";
import type { RunFolder } from "../node/index.ts";
import { placeIn } from "../node/place.ts";
import { type RunConfig, type Warning } from "../run/index.ts";
import { numbersOf } from "../evaluation/index.ts";
import { reportFile } from "../report/index.ts";
import { type TrainEvent, type TrainResult } from "../train/index.ts";
import { jsonForm } from "./command.ts";
import { exitCodes } from "./failure.ts";
import { counted, duration, roughly } from "./format.ts";
import type { Output } from "./output.ts";
import { Progress } from "./progress.ts";
import { endLine, refusalLines } from "./result-lines.ts";
import { stepReporter } from "./report-step.ts";

export const trainingForm = jsonForm({
  keys: [
    "run",
    "recipe",
    "seed",
    "status",
    "report?",
    "step?",
    "steps?",
    "seconds?",
    "test?",
    "refused?",
    "warnings?",
    "resume?",
  ],
  notes:
    "`status` is done, interrupted or diverged; `test` holds metrics by name, `refused` the reasons why others could not be computed; a warning has `step`, `symptom`, `evidence`, `hint`",
});

/** What ends a training session before the run is done. */
export interface SessionEnd {
  readonly signal: AbortSignal;
  /** The step after which it stops; undefined for the last one. */
  readonly until?: number | undefined;
}

/** Reports a run's events until it ends, and its result. Returns the exit code. @param begin Starts the session. */
export async function followRun(
  begin: (signal: AbortSignal) => AsyncIterable<TrainEvent>,
  { signal, until = Infinity }: SessionEnd,
  { folder }: RunFolder,
  { recipe, train }: RunConfig,
  output: Output,
): Promise<number> {
  const progress = new Progress(output, systemClock, folder);
  const about = { run: folder, recipe, seed: train.seed };
  const word = shellWord(folder);
  const report = placeIn(folder, reportFile);
  const reportLine = `see   ${report}`;
  const warnings: Warning[] = [];
  const reached = new AbortController();
  const tellStep = stepReporter();
  try {
    for await (const event of begin(AbortSignal.any([signal, reached.signal]))) {
      if (event.type === "step") {
        if (event.step >= until) reached.abort();
        tellStep(event.step);
      }
      await progress.tell(event);
      if (event.type === "warning") {
        const { type: _, ...warning } = event;
        warnings.push(warning);
        const { symptom, step, evidence, hint } = warning;
        output.warn(`warning: ${symptom} at step ${step}: ${evidence}`, `  ${hint}`);
      }
      if (event.type === "estimate") {
        output.say(`about ${roughly(event.secondsLeft)} for ${counted(event.steps, "step")}; --steps changes that`);
      }
      if (event.type === "environment") output.warn(`warning: ${event.what}`);
      if (event.type === "recovered") output.warn(`${folder}: ${event.what}`);
      if (event.type === "interrupted") {
        const { step, warnings } = event;
        const lines = [reportLine, `stopped at step ${step} of ${train.steps}; continue with: zaya resume ${word}`];
        output.result(lines, trainingForm, {
          ...about,
          report,
          status: "interrupted",
          step,
          resume: `zaya resume ${word}`,
          warnings,
        });
        return exitCodes.interrupted;
      }
      if (event.type === "done") {
        const { steps, seconds, test, refused, warnings } = event.result;
        const results = Object.values(test);
        output.result(
          [
            ...results.map((result) => `test  ${endLine(result)}`),
            ...refused.flatMap(refusalLines),
            `run   ${folder}  (${steps} steps in ${duration(seconds)})`,
            reportLine,
            `next  ${nextCommand(event.result, word)}`,
          ],
          trainingForm,
          { ...about, report, status: "done", steps, seconds, test: numbersOf(results), refused, warnings },
        );
      }
    }
  } catch (error) {
    if (error instanceof DivergedError) {
      output.result([reportLine], trainingForm, { ...about, report, status: "diverged", step: error.step, warnings });
    }
    throw error;
  }
  return exitCodes.done;
}

/** The next command to suggest for a model, by what it generates. */
function nextCommand({ makes, ways }: TrainResult, run: string): string {
  if (makes === "translations") {
    return `zaya translate ${run} INPUT OUTPUT${ways.length > 1 ? ` --direction ${ways[0]!}` : ""}`;
  }
  return `zaya ${makes === "items" ? "sample" : "eval"} ${run}`;
}

import type { Warning } from "../run/run.ts";
import { type RunHistory, minSteps } from "./run-history.ts";
import type { Finding } from "./symptom.ts";

/** Checks the logged scalars for symptoms during training and reports each once. */
export class SymptomMonitor {
  constructor(
    private readonly history: RunHistory,
    /** Steps of the whole run. */
    private readonly steps: number,
    /** Warnings of earlier sessions of the run. */
    private reported: readonly Warning[],
  ) {}

  get warnings(): readonly Warning[] {
    return this.reported;
  }

  /** Checks after this many steps and returns new warnings. */
  async check(step: number): Promise<Warning[]> {
    const due = this.history.symptoms.filter(
      ({ warmUp }) => warmUp !== null && step >= Math.max(minSteps, warmUp * this.steps),
    );
    if (due.length === 0) return [];
    const evidence = await this.history.evidence(step, null);
    const setup = await this.history.setup();
    const findings = due.flatMap(({ name, summary, check }): Finding[] => {
      const sign = check(evidence);
      return sign?.present === true ? [{ ...sign, change: sign.change(setup), symptom: name, summary }] : [];
    });
    return this.tell(step, findings);
  }

  /** Returns warnings for findings that have not been reported yet. */
  tell(step: number, findings: readonly Finding[]): Warning[] {
    const known = new Set(this.reported.map(({ symptom }) => symptom));
    const news = findings.flatMap(({ symptom, evidence, change: { flag, reason } }) =>
      known.has(symptom) ? [] : [{ step, symptom, evidence, hint: `try ${flag}: ${reason}` }],
    );
    this.reported = [...this.reported, ...news];
    return news;
  }
}

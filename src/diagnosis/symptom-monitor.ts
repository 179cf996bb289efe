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
    private told: readonly Warning[],
  ) {}

  get warnings(): readonly Warning[] {
    return this.told;
  }

  /** New warnings after this many steps. */
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

  /** Turns findings that have not been reported yet into warnings. */
  tell(step: number, findings: readonly Finding[]): Warning[] {
    const known = new Set(this.told.map(({ symptom }) => symptom));
    const news = findings.flatMap(({ symptom, evidence, change: { flag, reason } }) =>
      known.has(symptom) ? [] : [{ step, symptom, evidence, hint: `try ${flag}: ${reason}` }],
    );
    this.told = [...this.told, ...news];
    return news;
  }
}

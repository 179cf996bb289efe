/** A flag of `zaya train` with the value that a finding suggests, and why. */
export interface Change {
  readonly flag: string;
  readonly value: string;
  readonly reason: string;
}

/** The change that a hint of a run suggests, `try --beta 0.5: reason`; null for one in other words. */
export function changeOf(hint: string): Change | null {
  const [, flag, value, reason] = /^try --([a-z][a-z0-9-]*) (\S+): (.*)$/s.exec(hint) ?? [];
  return flag === undefined ? null : { flag, value: value!, reason: reason! };
}

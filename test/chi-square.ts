/** Pearson's statistic of counts that should be in these proportions; all equal where none are given. */
export function chiSquare(counts: readonly number[], shares: readonly number[] = counts.map(() => 1)): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return counts.reduce((sum, count, i) => {
    const expected = (total * shares[i]!) / whole;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

/** The value that a chi-square statistic exceeds in one of 10,000 draws. @source Wilson, Hilferty, PNAS 1931. */
export function chiSquareLimit(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}

/** Half the width of a 95 % interval of a normal estimate, in standard errors. */
export const z95 = 1.959964;

/** Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom. */
const t95Table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201];

/**
 * Two-sided 95 % quantile of Student's t with `freedom` degrees of freedom; above eleven by the Cornish-Fisher series,
 * accurate to 1e-4.
 * @source Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5.
 */
export function t95(freedom: number): number {
  const [z, n] = [z95, freedom];
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return t95Table[freedom - 1] ?? z + first / n + second / n ** 2 + third / n ** 3;
}

/**
 * Exponential moving average of a curve, freed of the bias towards its start (Kingma and Ba, arXiv 1412.6980, section 3).
 * @param weight Of the past, in [0, 1); 0 leaves the curve as it is.
 */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight === 0) return [...values];
  let [average, mass] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return average / mass;
  });
}

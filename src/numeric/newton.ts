/** The value and gradient of a function, and whatever else its Newton step is computed from. */
export interface Fit {
  readonly loss: number;
  readonly gradient: Float64Array;
}

const steps = 100;
const shortest = 1e-10;
/** Fraction of the predicted decrease that a step must achieve (Armijo condition). @source Nocedal, Wright, "Numerical optimization", section 3.1. */
const kept = 1e-4;

/**
 * Minimises a convex function by Newton's method with backtracking. Ends when no entry of the gradient is larger than `flat`.
 * @param stepOf The inverse Hessian times the gradient.
 */
export function minimize<F extends Fit>(
  start: Float64Array,
  at: (x: Float64Array) => F,
  stepOf: (fit: F) => Float64Array,
  flat: number,
): Float64Array {
  let x = start;
  let fit = at(x);
  for (let step = 0; step < steps && fit.gradient.some((entry) => Math.abs(entry) > flat); step++) {
    const direction = stepOf(fit);
    const gain = fit.gradient.reduce((sum, entry, i) => sum + entry * direction[i]!, 0);
    let length = 1;
    let next: { readonly x: Float64Array; readonly fit: F };
    do {
      const tried = x.map((entry, i) => entry - length * direction[i]!);
      next = { x: tried, fit: at(tried) };
      length /= 2;
    } while (next.fit.loss > fit.loss - kept * 2 * length * gain && length > shortest);
    // The remaining decrease is below rounding errors.
    if (!(next.fit.loss < fit.loss)) break;
    ({ x, fit } = next);
  }
  return x;
}

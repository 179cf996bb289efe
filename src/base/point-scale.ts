/** Mean and deviation of each coordinate of points: what is taken from them, and what they are divided by. */
export interface PointScale {
  readonly mean: readonly number[];
  /** 1 for a coordinate that is the same throughout. */
  readonly deviation: readonly number[];
}

import { type Key, fold, uniform } from "../../base/random.ts";
import { type Domain, type ParameterValue, shareAt, valueAt } from "../space.ts";
import type { Known, SearchMethod } from "./method.ts";
import { choiceShares, parzen } from "./parzen.ts";
import { random } from "./random.ts";

/** Number of initial random configurations, and number of candidates from which the best one is taken. */
const [startup, candidates] = [10, 24];
/**
 * One in this many configurations is still drawn at random, so that the search does not stay at an early good choice.
 * @source Falkner et al., "BOHB", ICML 2018, section 3: the fraction rho.
 */
const randomEvery = 4;
/** Number of configurations, of n, that count as the better ones: as in Hyperopt's rule with the square root of n. */
const betterOf = (n: number): number => Math.min(25, Math.ceil(1 * Math.sqrt(n)));

/**
 * Tree-structured Parzen estimator: candidates are drawn from the density l of the better configurations, and the one with the
 * largest l / g is proposed, where g is the density of the other configurations; this maximises the expected improvement. Both
 * densities treat parameters as independent.
 */
export const tpe: SearchMethod = {
  name: "tpe",
  summary: "samples configurations that resemble the best ones so far (tree-structured Parzen estimator)",
  source: "Bergstra et al., NeurIPS 2011, section 4",
  ends: false,
  learns: true,
  propose: (proposal) => {
    const { space, key, known, number } = proposal;
    if (known.length < startup || number % randomEvery === 0) return random.propose(proposal);
    const sorted = known.toSorted((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -1 : 1));
    const better = betterOf(sorted.length);
    const parameters = space.map(({ name, domain }) => {
      const values = (part: readonly Known[]) => part.map(({ parameters: all }) => all[name]!);
      return { name, estimate: estimateOf(domain, values(sorted.slice(0, better)), values(sorted.slice(better))) };
    });
    const drawn = Array.from({ length: candidates }, (_, i) => {
      const draws = parameters.map(({ name, estimate }) => estimate.draw(fold(key, i, name)));
      return {
        gain: draws.reduce((sum, { gain }) => sum + gain, 0),
        assignment: Object.fromEntries(parameters.map(({ name }, at) => [name, draws[at]!.value])),
      };
    });
    return drawn.reduce((a, b) => (b.gain > a.gain ? b : a)).assignment;
  },
};

interface Draw {
  readonly value: ParameterValue;
  /** log l - log g. */
  readonly gain: number;
}

/** Draws values of a parameter from the density of the better ones. */
function estimateOf(
  domain: Domain,
  good: readonly ParameterValue[],
  bad: readonly ParameterValue[],
): { draw(key: Key): Draw } {
  if (domain.kind === "range") {
    const shares = (values: readonly ParameterValue[]) => values.map((value) => shareAt(domain, value as number));
    const [l, g] = [parzen(shares(good)), parzen(shares(bad))];
    return {
      draw: (key) => {
        const share = l.draw(key);
        return { value: valueAt(domain, share), gain: l.logDensity(share) - g.logDensity(share) };
      },
    };
  }
  const words = domain.values.map((value) => JSON.stringify(value));
  const shares = (values: readonly ParameterValue[]) =>
    choiceShares(
      words.length,
      values.map((value) => words.indexOf(JSON.stringify(value))),
    );
  const [l, g] = [shares(good), shares(bad)];
  return {
    draw: (key) => {
      const place = chosen(l, uniform(key, [1]).data[0]!);
      return { value: domain.values[place]!, gain: Math.log(l[place]! / g[place]!) };
    },
  };
}

/** The index at which the cumulative sum of a list of shares exceeds a number below 1. */
function chosen(shares: readonly number[], at: number): number {
  let sum = 0;
  const place = shares.findIndex((share) => (sum += share) > at);
  return place < 0 ? shares.length - 1 : place;
}

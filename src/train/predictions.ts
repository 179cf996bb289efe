import { DataError, OptionError } from "../base/errors.ts";
import { type NdArray, joinRows, zeros } from "../base/ndarray.ts";
import { fold, uniform } from "../base/random.ts";
import { range } from "../base/range.ts";
import type { Evidence } from "../metrics/index.ts";
import type { Subject } from "./evidence.ts";

/** Items told in one call, and images of noise. */
const atOnce = 1000;

/** @throws OptionError for a model that tells no classes. @throws DataError for data without labels. */
export async function gatherPredictions(
  { trained, data, key }: Subject,
  metric: string,
): Promise<Evidence["predictions"]> {
  const { classifier } = trained.model;
  if (classifier === undefined) {
    throw new OptionError(
      `${metric}: the model must tell classes - got one that does not`,
      "it is for runs of zaya train classifier",
    );
  }
  if (data.labels === null) throw new DataError(`${metric}: the data must have labels - got none in ${data.name}`);
  const tell = async (items: NdArray) =>
    (await trained.map(classifier.map, { [classifier.input]: items }))[classifier.logits]!;
  const parts: NdArray[] = [];
  for (let start = 0; start < data.size; start += atOnce) {
    parts.push(await tell(data.read(range(start, Math.min(data.size, start + atOnce)))));
  }
  const noise = uniform(fold(key, "noise"), [atOnce, ...data.shape]);
  return {
    logits: joinRows(parts),
    labels: data.labels,
    noise: data.kind === "image" ? await tell(noise) : zeros([0, classifier.classes]),
  };
}

import { DataError, OptionError } from "../base/errors.ts";
import { type NdArray, castTo, joinRows, zeros } from "../base/ndarray.ts";
import { fold, uniform } from "../base/random.ts";
import { range } from "../base/range.ts";
import { append } from "../base/many.ts";
import { type Dataset, readExact } from "../data/index.ts";
import { evaluate } from "../graph/evaluate.ts";
import { input } from "../graph/tensor.ts";
import type { MetricInputs } from "../metrics/index.ts";
import type { Classifier } from "../models/index.ts";
import type { Subject } from "./metric-inputs.ts";

/** Items classified per call, and images of noise. */
const atOnce = 1000;

/**
 * @throws OptionError for a model that is not a classifier. @throws DataError for data without the classes that it
 * predicts.
 */
export async function gatherPredictions(
  { trained, data, key }: Subject,
  metric: string,
): Promise<MetricInputs["predictions"]> {
  const { classifier } = trained.model;
  if (classifier === undefined) {
    throw new OptionError(
      `${metric}: the model is not a classifier`,
      "this metric is for runs of zaya train classifier",
    );
  }
  const tell = async (items: NdArray) =>
    (await trained.map(classifier.map, { [classifier.input]: items }))[classifier.logits]!;
  const examples = examplesFor(classifier, data, metric);
  const [logits, labels]: [NdArray[], number[]] = [[], []];
  for (let start = 0; start < data.size; start += atOnce) {
    for (const example of await examples(range(start, Math.min(data.size, start + atOnce)))) {
      logits.push(await tell(example.items));
      append(labels, example.labels);
    }
  }
  const noise = uniform(fold(key, "noise"), [atOnce, ...data.shape]);
  return {
    logits: joinRows(logits),
    labels: Int32Array.from(labels),
    noise: data.kind === "image" ? await tell(noise) : zeros([0, classifier.classes]),
  };
}

/** Items with the classes to predict. */
interface Examples {
  readonly items: NdArray;
  readonly labels: Int32Array;
}

/** Some items of the data with their labels, or under each transformation. */
function examplesFor(
  { transforms }: Classifier,
  data: Dataset,
  metric: string,
): (indices: Int32Array) => Promise<readonly Examples[]> {
  if (transforms !== undefined) {
    return async (indices) => {
      const plain = await data.read(indices);
      return transforms.map(({ apply }, k) => ({
        items: castTo(evaluate([apply(input("items", plain.shape))], { items: plain })[0]!, "float32"),
        labels: new Int32Array(indices.length).fill(k),
      }));
    };
  }
  const { labels } = data;
  if (labels === null) throw new DataError(`${metric}: the data must have labels, but ${data.name} has none`);
  return async (indices) => [{ items: await readExact(data, indices), labels: indices.map((index) => labels[index]!) }];
}

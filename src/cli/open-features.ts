import { readFile, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";

import { DataError } from "../base/errors.ts";
import { type Device, ortOptions } from "../node/index.ts";
import { type Features, OnnxFeatures, classifierFeatures } from "../train/index.ts";
import { openRunModel } from "./open-run.ts";

/** What black and white can be in the input of an ONNX file. */
export const featureRanges = { "0,1": [0, 1], "-1,1": [-1, 1], "0,255": [0, 255] } as const;

export interface OpenedFeatures {
  readonly features: Features;
  close(): Promise<void>;
}

/**
 * Features by the path of a classifier's run or of an ONNX file.
 * @throws DataError when there is no such thing there.
 */
export async function openFeatures(
  path: string,
  range: keyof typeof featureRanges,
  device: Device,
): Promise<OpenedFeatures> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw unknown(path, "nothing there");
  if (found.isDirectory()) {
    const { trained, close } = await openRunModel(path, device, "ema");
    const features = await classifierFeatures(trained, basename(resolve(path))).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    return { features, close };
  }
  if (extname(path) !== ".onnx") throw unknown(path, "a file of another kind");
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw unknown(path, error.code ?? String(error));
  });
  const features = await OnnxFeatures.open(bytes, basename(path), {
    ...ortOptions(device),
    range: featureRanges[range],
  });
  return { features, close: () => features.close() };
}

function unknown(path: string, got: string): DataError {
  return new DataError(
    `eval: features must be the folder of a classifier's run or an ONNX file - got ${got}: ${path}`,
    "train a classifier of the same data: zaya train classifier --data DATA, with --domain B for the second of two domains",
  );
}

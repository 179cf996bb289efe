import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";

import { DataError } from "../base/errors.ts";
import { type Device, onnxFile, ortOptions } from "../node/index.ts";
import { type Features, OnnxFeatures, type OnnxFeatureOptions, classifierFeatures } from "../trained/index.ts";
import { openRunModel } from "./open-run.ts";
import { parametersOf } from "./weights.ts";

export interface OpenedFeatures {
  readonly features: Features;
  close(): Promise<void>;
}

/**
 * Features by the path of a classifier's run or of an ONNX file.
 * @throws DataError if the path is neither.
 */
export async function openFeatures(
  path: string,
  form: Pick<OnnxFeatureOptions, "layout" | "range" | "output">,
  device: Device,
): Promise<OpenedFeatures> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw unknown(path, "nothing there");
  if (found.isDirectory()) {
    const { trained, close } = await openRunModel(path, device, parametersOf({}));
    const features = await classifierFeatures(trained, basename(resolve(path))).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    return { features, close };
  }
  const features = await OnnxFeatures.open(await onnxFile(path), { ...ortOptions(device), ...form });
  return { features, close: () => features.close() };
}

function unknown(path: string, got: string): DataError {
  return new DataError(
    `--features must be the run folder of a classifier or an ONNX file - got ${got}: ${path}`,
    "train a classifier on the same data: zaya train classifier --data DATA, with --domain B for the second domain",
  );
}

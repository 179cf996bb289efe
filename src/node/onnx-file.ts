import { dirname, isAbsolute, join, normalize } from "node:path";

import { DataError } from "../base/errors.ts";
import type { OnnxSource } from "../runtime/index.ts";
import { openRegular, readRegular } from "./read-file.ts";

/** ONNX's own limit, which comes from its container format, protobuf. */
const limits = { bytes: 2 ** 31 - 1, hint: "ONNX files have at most 2 GiB; save the weights as external data" };

/** An ONNX file, with its external weight files. @throws DataError when it cannot be read. */
export async function onnxFile(path: string): Promise<OnnxSource> {
  return {
    name: path,
    bytes: await readRegular(path, limits),
    beside: (location) => readBeside(path, location),
  };
}

async function readBeside(path: string, location: string): Promise<Uint8Array> {
  const inside = normalize(location);
  if (location === "" || isAbsolute(location) || inside.split(/[\\/]/).includes("..")) {
    throw new DataError(
      `${path} must have its external weights in its own folder - got "${location}"`,
      "for security, external weights are only read from the model's own folder: save the model again with its weights next to it",
    );
  }
  const file = join(dirname(path), inside);
  const found = await openRegular(file);
  await found?.handle.close();
  if (found === null) {
    throw new DataError(
      `${path} has external weights, but their file ${file} does not exist`,
      "copy both files together under their original names",
    );
  }
  return readRegular(file, limits);
}

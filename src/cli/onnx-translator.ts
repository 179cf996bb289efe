import { DataError } from "../base/errors.ts";
import { formatShape, permuted } from "../base/ndarray.ts";
import { type OrtOptions, openSession, runSession } from "../runtime/index.ts";
import { type ImageNet, toChannelsFirst } from "../train/index.ts";

/** An ONNX file from images [n, c, h, w] to images, and how to let go of it. @throws DataError when it is none. */
export async function openOnnxTranslator(
  bytes: Uint8Array,
  path: string,
  options: OrtOptions,
): Promise<ImageNet & { close(): Promise<void> }> {
  const session = await openSession(bytes, options).catch((error: Error) => {
    throw new DataError(`translate: ${path} must be an ONNX model - got one that does not load (${error.message})`);
  });
  const [only, ...others] = session.inputMetadata;
  const shape = only?.isTensor === true ? only.shape : [];
  const [, channels, height, width] = shape;
  const sizes = [height, width, channels];
  if (others.length > 0 || shape.length !== 4 || !sizes.every((size) => typeof size === "number" && size > 0)) {
    await session.release();
    throw new DataError(
      `translate: ${path} must have one input of images [n, c, h, w] - got ${session.inputMetadata.map(({ name }) => name).join(", ")} ${formatShape(shape)}`,
      "AtoB.onnx and BtoA.onnx of a run's export folder turn images into images",
    );
  }
  return {
    shape: sizes as number[],
    run: async (images) => {
      const results = await runSession(session, { [only!.name]: toChannelsFirst(images) });
      return permuted(results[session.outputNames[0]!]!, [0, 2, 3, 1]);
    },
    close: () => session.release(),
  };
}

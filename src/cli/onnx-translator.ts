import { DataError } from "../base/errors.ts";
import { type NdArray, type Shape, formatShape, permuted, zeros } from "../base/ndarray.ts";
import { type OrtOptions, openSession, runSession } from "../runtime/index.ts";
import { type ImageNet, toChannelsFirst } from "../train/index.ts";

type Session = Awaited<ReturnType<typeof openSession>>;

const hint = "AtoB.onnx and BtoA.onnx of a run's export folder turn images into images";

/**
 * An ONNX file from images [n, c, h, w] to images as large, and how to let go of it.
 * @throws DataError when it is none: what it says of its input is read, and what it gives is seen on a black image.
 */
export async function openOnnxTranslator(
  bytes: Uint8Array,
  path: string,
  options: OrtOptions,
): Promise<ImageNet & { close(): Promise<void> }> {
  const session = await openSession(bytes, options).catch((error: Error) => {
    throw new DataError(`translate: ${path} must be an ONNX model - got one that does not load (${error.message})`);
  });
  try {
    const shape = imageShapeOf(session, path);
    const run = (images: NdArray): Promise<NdArray> => translated(session, images, path);
    await run(zeros([1, ...shape]));
    return { shape, run, close: () => session.release() };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** The shape [h, w, c] of the images that go in. @throws DataError when something else does, or images of any size. */
function imageShapeOf({ inputMetadata }: Session, path: string): Shape {
  const [only, ...others] = inputMetadata;
  const shape = only?.isTensor === true ? only.shape : [];
  const [, channels, height, width] = shape;
  const sizes = [height, width, channels];
  if (others.length > 0 || shape.length !== 4 || !sizes.every((size) => typeof size === "number" && size > 0)) {
    throw new DataError(
      `translate: ${path} must have one input of images [n, c, h, w] - got ${inputMetadata.map(({ name }) => name).join(", ")} ${formatShape(shape)}`,
      hint,
    );
  }
  return sizes as number[];
}

/** Images [n, h, w, c] through the file. @throws DataError when it does not take them, or gives anything but as large images. */
async function translated(session: Session, images: NdArray, path: string): Promise<NdArray> {
  const inside = toChannelsFirst(images);
  const results = await runSession(session, { [session.inputNames[0]!]: inside }).catch((error: Error) => {
    throw new DataError(
      `translate: ${path} must take images ${formatShape(inside.shape)} - got ${error.message}`,
      hint,
    );
  });
  const made = results[session.outputNames[0]!]!;
  if (made.shape.join() !== inside.shape.join()) {
    throw new DataError(
      `translate: ${path} must give images as large as it takes, ${formatShape(inside.shape)} - got ${formatShape(made.shape)}`,
      hint,
    );
  }
  return permuted(made, [0, 2, 3, 1]);
}

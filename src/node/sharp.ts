import { EngineError } from "../base/errors.ts";

export type OpenSharp = (typeof import("sharp"))["default"];

/**
 * Loads sharp on first use, because it takes a tenth of a second, needs a binary for the system, and is an optional
 * dependency.
 * @throws EngineError if it is not installed or does not load.
 */
export async function loadSharp(): Promise<OpenSharp> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND") {
      throw new EngineError("image files need the package sharp - it is not installed", "run npm install sharp");
    }
    throw new EngineError(
      `sharp must load to read images - got ${message.split("\n")[0]}`,
      "run npm install sharp again on this machine: it comes with a binary for each system",
    );
  }
}

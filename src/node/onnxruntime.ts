import { createRequire } from "node:module";

import { withoutOnnxRuntime } from "../runtime/onnxruntime-missing.ts";

/**
 * ONNX Runtime, or a substitute if it is not installed or does not load. It is an optional dependency: its install script fails
 * if only the package registry can be reached, and its binaries need glibc on Linux.
 */
export const { InferenceSession, Tensor, env } = load();

function load(): Pick<typeof import("onnxruntime-common"), "InferenceSession" | "Tensor" | "env"> {
  // Since version 1.29, the binaries send telemetry about models and the machine unless this is set before they are loaded.
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  try {
    return createRequire(import.meta.url)("onnxruntime-node") as typeof import("onnxruntime-common");
  } catch (error) {
    return standIn(error as NodeJS.ErrnoException) as never;
  }
}

function standIn({ code, message }: NodeJS.ErrnoException): ReturnType<typeof withoutOnnxRuntime> {
  const elsewhere = "or use --device wasm, which trains without it; only ONNX files need it";
  // The install script fetches files for CUDA, which zaya does not use, from a host other than the registry.
  const install =
    process.platform === "win32" ? "set ONNXRUNTIME_NODE_INSTALL=skip, and " : "ONNXRUNTIME_NODE_INSTALL=skip ";
  return code === "MODULE_NOT_FOUND"
    ? withoutOnnxRuntime("no package onnxruntime-node", `run ${install}npm install onnxruntime-node, ${elsewhere}`)
    : withoutOnnxRuntime(
        `one that does not load: ${message.split("\n")[0]!}`,
        `onnxruntime-node has binaries for Linux with glibc, macOS and Windows: install it again on such a system, ${elsewhere}`,
      );
}

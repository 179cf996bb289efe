import type { Command } from "commander";
import { z } from "zod";

import { choiceField, parseOptions } from "../base/options.ts";
import { type Device, devices } from "../node/index.ts";
import { addFlags } from "./flags.ts";

const deviceOptions = z.object({
  device: choiceField(
    "engine: cpu is ONNX Runtime; kernels runs everything but large products in fused kernels; wasm is kernels without native code; auto is cpu, or wasm if ONNX Runtime is not installed",
    devices,
  ).default("auto"),
});

export function addDeviceFlag(command: Command, heading?: string): void {
  addFlags(command, deviceOptions, heading);
}

/** @throws OptionError for a device that does not exist anywhere. */
export function deviceOf(given: string | undefined): Device {
  return parseOptions(deviceOptions, { device: given }, "zaya").device;
}

import type { Command } from "commander";
import { z } from "zod";

import { choiceField, parseOptions } from "../base/options.ts";
import { type Device, devices } from "../node/index.ts";
import { addFlags } from "./flags.ts";

const deviceOptions = z.object({
  device: choiceField(
    "where to compute: auto is cpu, ONNX Runtime alone, or wasm where it is not installed; kernels fuses all but large products; wasm is kernels without native parts",
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

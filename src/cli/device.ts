import type { Command } from "commander";
import { z } from "zod";

import { choiceField, integerField, parseOptions } from "../base/options.ts";
import { type Device, devices } from "../node/index.ts";
import { addFlags, givenOptions } from "./flags.ts";

const deviceOptions = z.object({
  device: choiceField(
    "engine: cpu is ONNX Runtime; kernels is fused WebAssembly kernels, with ONNX Runtime for large matrix products; wasm is the kernels alone; webgpu is ONNX Runtime on a GPU; auto is kernels, or wasm if ONNX Runtime is not installed",
    devices,
  ).default("auto"),
});

export function addDeviceFlag(command: Command, heading?: string): void {
  addFlags(command, deviceOptions, heading);
}

/** @throws OptionError for an unknown device. */
export function deviceOf(given: string | undefined): Device {
  return parseOptions(deviceOptions, { device: given }, "zaya").device;
}

/** Settings of a training session that are not part of the config. */
const sessionOptions = z.object({
  threads: integerField("threads of the engine; the last digits of results can depend on it (default: one per core)", {
    min: 1,
  }).optional(),
  until: integerField("save and stop after this step; continue with zaya resume", { min: 1 }).optional(),
});

export type SessionOptions = z.output<typeof sessionOptions>;

export function addSessionFlags(command: Command, heading?: string): void {
  addFlags(command, sessionOptions, heading);
}

/** @throws OptionError for invalid values. */
export function sessionOf(flags: Readonly<Record<string, unknown>>): SessionOptions {
  return parseOptions(sessionOptions, givenOptions(flags, sessionOptions), "zaya");
}

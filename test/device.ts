import { type Device, devices } from "../src/node/engine.ts";

const named = process.env["ZAYA_TEST_DEVICE"] ?? "auto";
if (!(devices as readonly string[]).includes(named)) throw new Error(`ZAYA_TEST_DEVICE is no device - got ${named}`);

/** Where contract tests and tests of the command line train: by default what users get. */
export const testDevice = named as Device;

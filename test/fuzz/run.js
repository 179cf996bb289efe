// Damaged files by hand: npm run fuzz -- --inputs 100000 --format npy --first 0
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { inputs: { type: "string" }, format: { type: "string" }, first: { type: "string" } },
});
const env = { ...process.env };
if (values.inputs !== undefined) env.ZAYA_FUZZ_INPUTS = values.inputs;
if (values.format !== undefined) env.ZAYA_FUZZ_FORMAT = values.format;
if (values.first !== undefined) env.ZAYA_FUZZ_FIRST = values.first;
const { status } = spawnSync("npx", ["vitest", "run", "test/fuzz/fuzz.test.ts"], { env, stdio: "inherit" });
process.exitCode = status ?? 1;

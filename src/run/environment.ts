import type { Run } from "./run.ts";

/** What the numbers of a run depend on in addition to its config and its device. */
const usual = ["zaya", "onnxruntime", "platform", "threads"] as const;

/**
 * Describes what has changed, since the run began, among the things that its numbers depend on; null if nothing has.
 * @param device Of the engine that resumes it. @param now Versions, as recorded in run.json.
 */
export function changedEnvironment(
  { config, state }: Pick<Run, "config" | "state">,
  device: string,
  now: Readonly<Record<string, string>>,
): string | null {
  const [began, goesOn] = [withDevice(config.device, state.versions), withDevice(device, now)];
  // On wasm the numbers depend on zaya alone.
  const names = ["device", ...(began["device"] === "wasm" && device === "wasm" ? ["zaya"] : usual)];
  const changed = names.filter((name) => began[name] !== undefined && began[name] !== goesOn[name]);
  if (changed.length === 0) return null;
  const list = (values: Readonly<Record<string, string>>) =>
    changed.map((name) => `${name} ${values[name] ?? "none"}`).join(", ");
  return `the run started with ${list(began)} and continues with ${list(goesOn)}: the last digits of its numbers may differ`;
}

function withDevice(device: string, versions: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { device, ...versions };
}

import { delimiter, dirname, isAbsolute, relative, resolve, sep } from "node:path";

import { shellWord } from "../base/shell-word.ts";
import { commands } from "./commands.ts";

/** How a process was started. */
export interface Start {
  /** The script as Node was given it, absolute; links are not followed. */
  readonly script: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The command prefix that starts the same zaya from the same folder. */
export function invocation({ script, folder, env }: Start): string {
  const places = (env["PATH"] ?? "").split(delimiter).map((place) => resolve(folder, place));
  // On Windows npm starts the file itself, elsewhere the link in .bin.
  const project = /^(.*)[\\/]node_modules[\\/](?:\.bin[\\/]zaya|zaya[\\/]bin[\\/]zaya\.js)$/.exec(script)?.[1];
  if (project !== undefined && (env["npm_lifecycle_event"] === "npx" || isWithin(folder, project))) return "npx zaya";
  if (project !== undefined && places.includes(project)) return "zaya";
  if (/[\\/]zaya$/.test(script)) {
    return places.includes(dirname(script)) ? "zaya" : shellWord(fromFolder(script, folder, `.${sep}`));
  }
  return script.endsWith("zaya.js") ? `node ${shellWord(fromFolder(script, folder, ""))}` : "npx zaya";
}

function isWithin(folder: string, project: string): boolean {
  return `${resolve(folder)}${sep}`.startsWith(`${resolve(project)}${sep}`);
}

/** The path relative to a folder; unchanged if that is shorter. */
function fromFolder(path: string, folder: string, here: string): string {
  const way = relative(folder, path);
  return way.startsWith("..") || isAbsolute(way) ? path : `${here}${way}`;
}

/** The folder in which zaya was started; null if it has been removed since. */
export function workingFolder(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

const started = invocation({ script: process.argv[1] ?? "", folder: workingFolder() ?? sep, env: process.env });
const named = new RegExp(
  `(?<![\\w./-]|npx )zaya (?=(?:${commands.map(({ name }) => name).join("|")}|COMMAND)\\b)`,
  "g",
);

/** Rewrites the commands in a text, such as `zaya resume RUN`, as the user has to type them. */
export function pasteable(text: string, start = started): string {
  return text.replace(named, () => `${start} `);
}

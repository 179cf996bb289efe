// Writes the table of docs/json.md from the forms that the commands declare. With --check it writes nothing and fails where the table is stale.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { commands } from "../dist/cli/commands.js";

const path = fileURLToPath(new URL("../docs/json.md", import.meta.url));

/** Forms with the calls that print them; a form of several commands is one row. */
const calls = new Map();
for (const { name, load } of commands) {
  for (const form of (await load()).json) {
    const { given = "" } = form;
    // What is not part of the call stands beside it.
    const call = given.startsWith("(") ? `\`${name}\` ${given}` : `\`${`${name} ${given}`.trim()}\``;
    calls.set(form, [...(calls.get(form) ?? []), call]);
  }
}
const rows = [...calls].map(
  ([{ keys, notes = "" }, names]) =>
    `| ${names.join(", ")} | ${keys.map((key) => `\`${key}\``).join(" ")} | ${notes} |`,
);
const table = ["| command | keys | notes |", "| --- | --- | --- |", ...rows];

const text = readFileSync(path, "utf8");
const start = text.indexOf("| command ");
const written = `${text.slice(0, start)}${table.join("\n")}\n`;
/** Cells without the white space and dashes that the formatter adds. */
const bare = (page) => page.replaceAll(/ +\|/g, " |").replaceAll(/-{3,}/g, "---");
if (!process.argv.includes("--check")) {
  writeFileSync(path, written);
  execFileSync("npx", ["oxfmt", path], { stdio: "inherit" });
} else if (bare(text) !== bare(written)) {
  console.error("docs/json.md is stale: npm run json-keys");
  process.exitCode = 1;
}

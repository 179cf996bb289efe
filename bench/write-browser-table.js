// node bench/write-browser-table.js: writes the table of docs/benchmarks.md from bench/results/browser.json.
import { readFileSync, writeFileSync } from "node:fs";

const results = JSON.parse(readFileSync(new URL("results/browser.json", import.meta.url), "utf8"));
const file = new URL("../docs/benchmarks.md", import.meta.url);
const [begin, end] = ["<!-- browser -->", "<!-- /browser -->"];
const rows = Object.entries(results.workloads).flatMap(([workload, sides]) =>
  Object.entries(sides)
    .toSorted(([, a], [, b]) => ("missing" in a) - ("missing" in b))
    .map(([name, { version, note, ms, min, max, ratio, missing }]) =>
      missing === undefined
        ? `| \`${workload}\` | ${name} ${version} (${note}) | ${ms} (${min} to ${max}) | ${name === "zaya" ? "" : `**${ratio}x**`} |`
        : `| \`${workload}\` | ${name} | ${missing} | |`,
    ),
);
const text = [
  begin,
  "",
  `${results.date}, ${results.browser} headless, ${results.machine}, ${results.rounds} alternated rounds, ${results.threads} threads; load average at the start ${results.load.toFixed(1)}.`,
  "",
  "| workload | side | ms per step | zaya is faster by |",
  "| --- | --- | --- | --- |",
  ...rows,
  "",
  end,
].join("\n");
const page = readFileSync(file, "utf8");
writeFileSync(file, page.slice(0, page.indexOf(begin)) + text + page.slice(page.indexOf(end) + end.length));

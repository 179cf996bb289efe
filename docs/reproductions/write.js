// npm run reproductions: the charts of the result files in this folder, and docs/reproductions.md from both and the pictures.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { documentRows, pictureFile, rows } from "../../dist/repro/index.js";

const here = new URL("./", import.meta.url);
const named = (ending) =>
  readdirSync(fileURLToPath(here))
    .filter((name) => name.endsWith(ending))
    .toSorted();
const results = named(".json").map((name) => JSON.parse(readFileSync(new URL(name, here), "utf8")));
for (const result of results) {
  const values = Object.fromEntries(Object.entries(result.values).map(([name, value]) => [name, value ?? Number.NaN]));
  const charts = rows.find(({ name }) => name === result.row).charts?.(values) ?? {};
  for (const [name, chart] of Object.entries(charts))
    writeFileSync(new URL(pictureFile(result, name, chart), here), chart);
}
writeFileSync(new URL("../reproductions.md", here), documentRows(rows, results, [...named(".svg"), ...named(".png")]));

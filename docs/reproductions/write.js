// npm run reproductions: docs/reproductions.md from the result files in this folder.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { documentRows, rows } from "../../dist/repro/index.js";

const here = new URL("./", import.meta.url);
const files = readdirSync(fileURLToPath(here)).filter((name) => name.endsWith(".json"));
const results = files.map((name) => JSON.parse(readFileSync(new URL(name, here), "utf8")));
writeFileSync(new URL("../reproductions.md", here), documentRows(rows, results));

// npm run reproductions: docs/reproductions.md from the result files and pictures in this folder.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { documentRows, rows } from "../../dist/repro/index.js";

const here = new URL("./", import.meta.url);
const files = readdirSync(fileURLToPath(here)).toSorted();
const named = (ending) => files.filter((name) => name.endsWith(ending));
const results = named(".json").map((name) => JSON.parse(readFileSync(new URL(name, here), "utf8")));
writeFileSync(new URL("../reproductions.md", here), documentRows(rows, results, [...named(".svg"), ...named(".png")]));

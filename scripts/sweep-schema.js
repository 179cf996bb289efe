// Writes sweep.schema.json, by which editors complete and check sweep files. With --check it writes nothing and fails where the file is stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { sweepFileSchema } from "../dist/sweep/index.js";

const path = fileURLToPath(new URL("../sweep.schema.json", import.meta.url));
const schema = sweepFileSchema();
if (!process.argv.includes("--check")) writeFileSync(path, `${JSON.stringify(schema, null, 2)}\n`);
// The formatter may have changed the file's white space.
else if (JSON.stringify(JSON.parse(readFileSync(path, "utf8"))) !== JSON.stringify(schema)) {
  console.error("sweep.schema.json is stale: npm run sweep-schema");
  process.exitCode = 1;
}

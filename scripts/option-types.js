// Writes src/models/option-types.ts: the options of every recipe as an interface whose members carry, for an editor's hover,
// the text and the default that the schemas declare. With --check it writes nothing and fails where the file is stale.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describeOptions } from "../dist/base/options.js";
import * as recipes from "../dist/models/index.js";

const path = fileURLToPath(new URL("../src/models/option-types.ts", import.meta.url));
const configurable = Object.entries(recipes).filter(([, value]) => value?.definition !== undefined);

/** `wganGp` -> `WganGp` */
const typeName = (name) => name[0].toUpperCase() + name.slice(1);

function interfaceOf([name, { definition }]) {
  const schema = `Given<typeof ${name}>`;
  const members = describeOptions(definition.options).map(({ name: option, doc, initial }) => {
    const standard = initial === undefined ? "" : ` @default ${JSON.stringify(initial)}`;
    return `  /** ${sentence(doc)}${standard} */\n  readonly ${option}?: ${schema}["${option}"];`;
  });
  return `/** Options of \`${definition.name}\`: ${definition.summary}. */\nexport interface ${typeName(name)}Options {\n${members.join("\n")}\n}`;
}

/** The text of a flag's help as a sentence. */
function sentence(doc) {
  const text = doc.replaceAll("*/", "* /");
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

const text = [
  "// Written by `npm run option-types` from the recipes' schemas; not to be changed by hand.",
  'import type { z } from "zod";',
  ...configurable.map(([name, { definition }]) => `import type { options as ${name} } from "./${definition.name}.ts";`),
  "",
  "type Given<Schema extends z.ZodObject> = z.input<Schema>;",
  "",
  configurable.map(interfaceOf).join("\n\n"),
  "",
].join("\n");

const formatted = execFileSync("npx", ["oxfmt", "--stdin-filepath", path], { input: text, encoding: "utf8" });
if (!process.argv.includes("--check")) writeFileSync(path, formatted);
else if (readFileSync(path, "utf8") !== formatted) {
  console.error("src/models/option-types.ts is not what the schemas say: run npm run build && npm run option-types");
  process.exitCode = 1;
}

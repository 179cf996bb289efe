import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openData } from "../../src/node/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zaya-own-data-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(import.meta.dirname, "..", ".."), join(folder, "node_modules", "zaya"));
});
afterAll(() => rm(folder, { recursive: true }));

const line = `import { arrayDataset } from "zaya/data";
import { fromNumbers } from "zaya";
const line = (n) => arrayDataset({ name: "line", kind: "points", items: fromNumbers(Array.from({ length: n }, (_, i) => i), [n, 1]) });
`;

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe("data exported by a user's file", () => {
  it("are a file's default export: a data set, of which a tenth is held out, or both splits, possibly from a function", async () => {
    const whole = await openData(await file("whole.mjs", `${line}export default line(20);\n`), { limit: 10 });
    expect([whole.train.size, whole.test.size, whole.train.name]).toEqual([9, 1, "line"]);
    const parts = `${line}export default async () => ({ train: line(5), test: line(3) });\n`;
    const { train, test } = await openData(await file("parts.mjs", parts));
    expect(Array.from((await train.read([4, 0])).data)).toEqual([4, 0]);
    expect(test.size).toBe(3);
  });

  it("are rejected if a data set in memory has another kind, or items without a shape", async () => {
    const wrong = `import { arrayDataset } from "zaya/data";\nexport default () => arrayDataset(`;
    await expect(openData(await file("kind.mjs", `${wrong}{ name: "bars", kind: "images" });\n`))).rejects.toThrow(
      "bars: the kind must be image or points - got images",
    );
    for (const [items, got] of [
      ["undefined", "none"],
      ["[[1, 2], [3, 4]]", "object"],
    ]) {
      const text = `${wrong}{ name: "bars", kind: "points", items: ${items} });\n`;
      await expect(openData(await file(`items-${got}.mjs`, text))).rejects.toThrow(
        `bars: the items must be an array with its shape - got ${got}`,
      );
    }
  });

  it("are rejected if a field or an item is invalid", async () => {
    const fields = `name: "x", kind: "points", shape: [2], size: 5, labels: null, skipped: [], fingerprint: "x"`;
    const read = `read: async (indices) => ndarray("float32", [indices.length, 2], new Float32Array(2 * indices.length))`;
    const own = (text: string): string => `import { ndarray } from "zaya";\nexport default { ${text} };\n`;
    expect((await openData(await file("fits.mjs", own(`${fields}, ${read}`)))).train.size).toBe(4);
    for (const [name, text, message] of [
      [
        "labels",
        `${fields.replace("labels: null, ", "")}, ${read}`,
        "labels of a data set must be null or an Int32Array",
      ],
      ["few", `${fields}, ${read}, labels: new Int32Array(4)`, "labels of a data set must be null or an Int32Array"],
      ["skipped", `${fields.replace("skipped: [], ", "")}, ${read}`, "skipped of a data set must be an array"],
      ["kind", `${fields}, ${read}, kind: "images"`, "kind of a data set must be image, points or pair - got images"],
      ["shape", `${fields}, ${read}, shape: [3]`, "read([0, 4]) must return float32 [2, 3] - got float32 [2, 2]"],
      ["list", `${fields}, read: () => [[1, 2]]`, "read([0, 4]) must return float32 [2, 2] - got object"],
      ["nan", `${fields}, ${read.replace("indices.length))", "indices.length).fill(NaN))")}`, "got NaN at [0, 0]"],
    ] as const) {
      await expect(openData(await file(`wrong-${name}.mjs`, own(text))), name).rejects.toThrow(message);
    }
  });

  it("are reported as missing", async () => {
    const path = await file("none.mjs", "export default () => 3;\n");
    await expect(openData(path)).rejects.toThrow(
      `${path}: must export data as its default: a data set, { train, test }, or a function that returns one - got number`,
    );
    await expect(openData(await file("broken.mjs", "import 'nowhere';\n"))).rejects.toThrow(
      "must be a module that can be imported - Cannot find package 'nowhere'",
    );
  });
});

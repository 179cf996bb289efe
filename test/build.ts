import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Many tests run the command line as users do, out of dist: a test run never judges an older build than the sources. */
export default function build(): void {
  const compiler = join(import.meta.dirname, "..", "node_modules", ".bin", "tsc");
  execFileSync(compiler, ["-b"], { cwd: join(import.meta.dirname, ".."), stdio: "inherit" });
}

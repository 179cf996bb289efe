import { buildPage } from "../build.ts";

/** Tests of the labs alone wait for this build: the labs contain zaya itself, so that each change of its sources asks for it. */
export default function buildLabs(): void {
  buildPage("labs", ["studio", "src"], "-c", "vite.labs.config.js");
}

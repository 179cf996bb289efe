import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Into the package, beside what the compiler makes: `zaya studio` serves it from there.
export default defineConfig({
  plugins: [svelte()],
  build: { outDir: "../dist/studio", emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
});

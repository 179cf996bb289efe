import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** Leaves out fonts that only browsers would load which are too old for the labs. */
const woff2Only = {
  name: "woff2-only",
  generateBundle(_options, bundle) {
    for (const file of Object.keys(bundle)) if (/\.(woff|ttf)$/.test(file)) delete bundle[file];
  },
};

// A static site: relative addresses, so that it works from any folder of any file server.
export default defineConfig({
  root: "labs",
  base: "./",
  plugins: [svelte(), woff2Only],
  worker: { format: "es" },
  build: {
    outDir: "../../dist/labs",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // The security policy admits no fonts and scripts inside of other files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});

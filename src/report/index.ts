export * from "./compare.ts";
export { renderComparison } from "./comparison-page.ts";
export { latentsByKl } from "./latent-pictures.ts";
export { drawnPicture, overlayPicture, readReals, samplesPicture } from "./point-pictures.ts";
export { imagesSeen } from "./run-curves.ts";
export * from "./report-again.ts";
export { reportFile } from "./run-report.ts";
export { translationsPicture } from "./translation-pictures.ts";

import type { Component } from "svelte";
import type { Picture } from "../../labs/lab.ts";
import Bars, { summary as barsSummary, table as barsTable } from "./Bars.svelte";
import Curves, { summary as curvesSummary, table as curvesTable } from "./Curves.svelte";
import Images, { summary as imagesSummary, table as imagesTable } from "./Images.svelte";
import Matrix, { summary as matrixSummary, table as matrixTable } from "./Matrix.svelte";
import Plane, { summary as planeSummary, table as planeTable } from "./Plane.svelte";
import type { Twin, Writer } from "./view.ts";

/** How a kind of picture is drawn, and its twins in words. */
interface View {
  readonly component: Component<{
    picture: never;
    label: string;
    onpoke?: ((name: string, value: readonly number[]) => void) | undefined;
    onset?: ((control: string, value: number) => void) | undefined;
  }>;
  summary(picture: Picture, writer: Writer): string;
  table(picture: Picture, writer: Writer): Twin;
}

/** Views by the kind of picture. */
export const views = {
  curves: { component: Curves, summary: curvesSummary, table: curvesTable },
  plane: { component: Plane, summary: planeSummary, table: planeTable },
  bars: { component: Bars, summary: barsSummary, table: barsTable },
  matrix: { component: Matrix, summary: matrixSummary, table: matrixTable },
  images: { component: Images, summary: imagesSummary, table: imagesTable },
} as unknown as Readonly<Record<Picture["kind"], View>>;

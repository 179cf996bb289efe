/** Where the page is, as the part of its address behind `#` says. */
export type Route =
  | { readonly view: "table" }
  | { readonly view: "run"; readonly id: string }
  | { readonly view: "compare"; readonly ids: readonly string[] }
  | { readonly view: "sweeps" }
  | { readonly view: "sweep"; readonly id: string }
  | {
      readonly view: "train";
      /** The run whose settings are the start, if any. */
      readonly from: string | null;
      /** Flags that are filled in. */
      readonly flags: Readonly<Record<string, string>>;
    };

/** A part of the address; one that somebody mistyped as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function parse(hash: string): Route {
  const [view, rest = ""] = hash.replace(/^#\/?/, "").split(/\/(.*)/s) as [string, string?];
  if (view === "run") return { view, id: decoded(rest) };
  if (view === "sweeps") return { view };
  if (view === "sweep") return { view, id: decoded(rest) };
  if (view === "compare") return { view, ids: rest.split(",").map(decoded) };
  if (view !== "train") return { view: "table" };
  const { from = null, ...flags } = Object.fromEntries(new URLSearchParams(rest));
  return { view, from, flags };
}

export const location = $state<{ route: Route }>({ route: parse(window.location.hash) });

window.addEventListener("hashchange", () => {
  location.route = parse(window.location.hash);
});

export const addressOf = {
  table: "#/",
  train: "#/train",
  /** The form with the settings of a run, and a change of one where one is given. */
  trainFrom: (from: string, change: { readonly flag: string; readonly value: string } | null) =>
    `#/train/${new URLSearchParams({ from, ...(change && { [change.flag]: change.value }) }).toString()}`,
  run: (id: string) => `#/run/${encodeURIComponent(id)}`,
  sweeps: "#/sweeps",
  sweep: (id: string) => `#/sweep/${encodeURIComponent(id)}`,
  compare: (ids: readonly string[]) => `#/compare/${ids.map(encodeURIComponent).join(",")}`,
};

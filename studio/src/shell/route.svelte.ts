/** Where the page is, as the part of its address behind `#` says. */
export type Route =
  | { readonly view: "table" }
  | { readonly view: "run"; readonly id: string }
  | { readonly view: "compare"; readonly ids: readonly string[] }
  | { readonly view: "train" };

function parse(hash: string): Route {
  const [view, rest = ""] = hash.replace(/^#\/?/, "").split(/\/(.*)/s) as [string, string?];
  if (view === "run") return { view, id: decodeURIComponent(rest) };
  if (view === "compare") return { view, ids: rest.split(",").map(decodeURIComponent) };
  return view === "train" ? { view } : { view: "table" };
}

export const location = $state<{ route: Route }>({ route: parse(window.location.hash) });

window.addEventListener("hashchange", () => {
  location.route = parse(window.location.hash);
});

export const addressOf = {
  table: "#/",
  train: "#/train",
  run: (id: string) => `#/run/${encodeURIComponent(id)}`,
  compare: (ids: readonly string[]) => `#/compare/${ids.map(encodeURIComponent).join(",")}`,
};

import { labs } from "../labs/index.ts";
import { type Lab, type Language, controlsOf, languages } from "../labs/lab.ts";

/** Values of a lab's controls. */
export type Values = Readonly<Record<string, number | string>>;

/** What of a page its address says. */
export type Place =
  | { readonly page: "gallery" | "course" }
  | {
      readonly page: "lab";
      readonly lab: Lab;
      readonly seed: number;
      readonly a: Values;
      /** The other side; null where nothing is compared. */
      readonly b: Values | null;
      /** Controls that a teacher has locked. */
      readonly lock: readonly string[];
      /** Controls and parts of the page that a teacher has hidden. */
      readonly hide: readonly string[];
    };

export interface Address {
  readonly place: Place;
  readonly language: Language;
}

const usualSeed = 7;

/** Seeds below this one are short enough to be read out. */
export const seeds = 10_000;

export function initialValues(lab: Lab): Values {
  return Object.fromEntries(controlsOf(lab).map(({ name, initial }) => [name, initial]));
}

/** Values as they are written, checked by the lab's schema; those that it refuses are the initial ones. */
function valuesFrom(lab: Lab, params: URLSearchParams, side: string): Values {
  const values: Record<string, number | string> = {};
  for (const control of controlsOf(lab)) {
    const written = params.get(`${side}.${control.name}`);
    const read = written === null || control.kind === "choice" ? written : Number(written);
    const { success, data } = (
      lab.controls.shape[control.name] as { safeParse(value: unknown): { success: boolean; data?: unknown } }
    ).safeParse(read ?? undefined);
    values[control.name] = success ? (data as number | string) : control.initial;
  }
  return values;
}

const listed = (params: URLSearchParams, name: string) => (params.get(name) ?? "").split(",").filter(Boolean);

/** A lab as it opens. */
export function beginning(lab: Lab): Place {
  return { page: "lab", lab, seed: usualSeed, a: initialValues(lab), b: null, lock: [], hide: [] };
}

/** The page that an address means: a broken one is the gallery's. */
export function parseAddress(hash: string, fallback: Language): Address {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const params = new URLSearchParams(query);
  const language = languages.find((each) => each === params.get("lang")) ?? fallback;
  const lab = labs.find(({ id }) => id === path);
  if (lab === undefined) return { place: { page: path === "course" ? "course" : "gallery" }, language };
  const seed = Number(params.get("seed") ?? usualSeed);
  return {
    language,
    place: {
      page: "lab",
      lab,
      seed: Number.isInteger(seed) && seed >= 0 && seed < seeds ? seed : usualSeed,
      a: valuesFrom(lab, params, "a"),
      b: params.has("b") ? valuesFrom(lab, params, "b") : null,
      lock: listed(params, "lock"),
      hide: listed(params, "hide"),
    },
  };
}

/** The address of a page; values that are the initial ones are left out. */
export function formatAddress({ place, language }: Address): string {
  const params = new URLSearchParams({ lang: language });
  if (place.page !== "lab") return `#/${place.page === "course" ? "course" : ""}?${params}`;
  params.set("seed", String(place.seed));
  const initial = initialValues(place.lab);
  const add = (side: string, values: Values) => {
    for (const [name, value] of Object.entries(values)) {
      if (value !== initial[name]) params.set(`${side}.${name}`, String(value));
    }
  };
  add("a", place.a);
  if (place.b !== null) {
    params.set("b", "");
    add("b", place.b);
  }
  for (const name of ["lock", "hide"] as const) {
    if (place[name].length > 0) params.set(name, place[name].join(","));
  }
  return `#/${place.lab.id}?${params}`;
}

import type {
  FollowEvents,
  Forms,
  Refusal,
  RunPage,
  RunRow,
  Scalars,
  SweepPage,
  SweepRow,
  TableEvents,
  TrainRequest,
} from "../../../src/monitor/api.ts";

// The page's only way to runs: it asks the server, and never reads their files by itself.

/** The server refused what it was asked for. */
export class RefusedError extends Error {
  /** @param flag The flag that is meant, without dashes. */
  constructor(
    message: string,
    readonly flag: string | null,
  ) {
    super(message);
  }
}

async function answer(response: Response): Promise<Response> {
  if (response.ok) return response;
  if (response.status === 422) {
    const { message, flag } = (await response.json()) as Refusal;
    throw new RefusedError(message, flag);
  }
  throw new Error((await response.text()) || `the server answered ${response.status}`);
}

async function get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const words = new URLSearchParams(query).toString();
  return (await answer(await fetch(words === "" ? path : `${path}?${words}`))).json() as Promise<T>;
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await answer(await fetch(path, init))).json() as Promise<T>;
}

export const readForms = () => get<Forms>("/api/forms");
export const readRun = (id: string) => get<RunPage>("/api/run", { id });
export const readScalars = (id: string, points: number) => get<Scalars>("/api/scalars", { id, points: String(points) });
export const readSweeps = () => get<SweepRow[]>("/api/sweeps");
export const readSweep = (id: string) => get<SweepPage>("/api/sweep", { id });
export const startTraining = (request: TrainRequest) => post<{ id: string }>("/api/train", request);
export const stopRun = (id: string) => post("/api/stop", { id });
export const resumeRun = (id: string, steps?: string) => post("/api/resume", { id, ...(steps && { steps }) });

/** The address of a run's file. */
export function fileOf(id: string, name: string): string {
  return `/file?${new URLSearchParams({ id, name }).toString()}`;
}

/** Why the server cannot be heard; null while it can. */
export type Lost = string | null;

/** How long a stream that the server refused waits until it is opened again, in milliseconds. */
const retryAfter = 3000;

/**
 * Hears events of an address while the page is visible: a browser has few connections for all of its tabs. A stream that
 * ended is opened again. Returns what ends it.
 */
function hear(
  address: () => string,
  handlers: Readonly<Record<string, (event: MessageEvent<string>) => void>>,
  onLost: (lost: Lost) => void,
): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    if (document.hidden) return;
    const own = new EventSource(address());
    source = own;
    for (const [name, then] of Object.entries(handlers)) own.addEventListener(name, then);
    own.addEventListener("open", () => onLost(null));
    own.addEventListener("error", () => {
      void whyLost().then((why) => source === own && onLost(why));
      // Else the browser tries again by itself.
      if (own.readyState === EventSource.CLOSED) timer = setTimeout(open, retryAfter);
    });
  };
  document.addEventListener("visibilitychange", open);
  open();
  return () => {
    document.removeEventListener("visibilitychange", open);
    close();
  };
}

async function whyLost(): Promise<Lost> {
  const status = await fetch("/api/studio").then(
    (response) => response.status,
    () => null,
  );
  if (status === 401) return "The studio was started again: open the address that it printed, then this page goes on.";
  return status === 200 ? null : "The studio does not answer. This page goes on when it does.";
}

/** Calls back with the table of runs, now and whenever it changes. Returns what ends it. */
export function followTable(onRows: (rows: readonly RunRow[]) => void, onLost: (lost: Lost) => void): () => void {
  const rows = new Map<string, RunRow>();
  return hear(
    () => "/api/table",
    {
      rows: ({ data }) => {
        const { changed, gone, all } = JSON.parse(data) as TableEvents["rows"];
        if (all) rows.clear();
        for (const row of changed) rows.set(row.id, row);
        for (const id of gone) rows.delete(id);
        onRows([...rows.values()]);
      },
    },
    onLost,
  );
}

/** Follows runs, each from a place in its metrics. Returns what ends it. */
export function followRuns(
  ids: readonly string[],
  from: readonly number[],
  on: { readonly [Name in keyof FollowEvents]: (data: FollowEvents[Name]) => void },
  onLost: (lost: Lost) => void,
): () => void {
  let places = from.map(String);
  const handler =
    <Name extends keyof FollowEvents>(name: Name) =>
    ({ data, lastEventId }: MessageEvent<string>) => {
      if (lastEventId !== "") places = lastEventId.split(",");
      on[name](JSON.parse(data) as FollowEvents[Name]);
    };
  const address = () => {
    const words = new URLSearchParams([...ids.map((id) => ["id", id]), ...places.map((place) => ["from", place])]);
    return `/api/follow?${words.toString()}`;
  };
  const handlers = {
    scalars: handler("scalars"),
    reset: handler("reset"),
    page: handler("page"),
    gone: handler("gone"),
  };
  return hear(address, handlers, onLost);
}

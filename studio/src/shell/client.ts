import type {
  FollowEvents,
  Forms,
  NewScalar,
  RunPage,
  RunRow,
  Scalars,
  TrainRequest,
} from "../../../src/monitor/api.ts";

// The page's only way to runs: it asks the server, and never reads their files by itself.

async function answer(response: Response): Promise<Response> {
  if (response.ok) return response;
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
export const startTraining = (request: TrainRequest) => post<{ id: string }>("/api/train", request);
export const stopRun = (id: string) => post("/api/stop", { id });
export const resumeRun = (id: string, steps?: string) => post("/api/resume", { id, ...(steps && { steps }) });

/** The address of a run's file. */
export function fileOf(id: string, name: string): string {
  return `/file?${new URLSearchParams({ id, name }).toString()}`;
}

/** Calls back with the table of runs, now and whenever it changes. Returns what ends it. */
export function followTable(onRows: (rows: readonly RunRow[]) => void, onLost: (lost: boolean) => void): () => void {
  const source = new EventSource("/api/table");
  source.addEventListener("rows", (event) => onRows(JSON.parse(event.data) as RunRow[]));
  source.addEventListener("open", () => onLost(false));
  source.addEventListener("error", () => onLost(true));
  return () => source.close();
}

export interface Followed {
  onScalars(lines: readonly NewScalar[]): void;
  onPage(page: RunPage): void;
  /** What was read of the scalars no longer holds. */
  onReset(): void;
  onLost(lost: boolean): void;
}

/** Follows a run from a place in its metrics. Returns what ends it. */
export function followRun(id: string, from: number, on: Followed): () => void {
  const source = new EventSource(`/api/follow?${new URLSearchParams({ id, from: String(from) }).toString()}`);
  const hear = <Name extends keyof FollowEvents>(name: Name, then: (data: FollowEvents[Name]) => void) =>
    source.addEventListener(name, (event) => then(JSON.parse(event.data) as FollowEvents[Name]));
  hear("scalars", on.onScalars);
  hear("page", on.onPage);
  hear("reset", on.onReset);
  source.addEventListener("open", () => on.onLost(false));
  source.addEventListener("error", () => on.onLost(true));
  return () => source.close();
}

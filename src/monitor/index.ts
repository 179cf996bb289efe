export { type StudioAddress, runningStudio } from "./address.ts";
export type * from "./api.ts";
export { type MonitorOptions, monitorApp } from "./app.ts";
export { type Monitor, type ServeOptions, serveMonitor } from "./serve.ts";

export type * from "./api.ts";
export { type MonitorOptions, monitorApp } from "./app.ts";
export { type Monitor, serveMonitor } from "./serve.ts";

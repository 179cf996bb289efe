export { fetchData } from "./data.ts";

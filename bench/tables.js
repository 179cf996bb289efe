// npm run bench:tables: writes the tables of docs/benchmarks.md from the files that `--save` of the bench left in bench/results:
// kernels.json, cpu.json and wasm.json of `npm run bench`, browser.json of `npm run bench:browser`. A file that is not there has no table.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { memoryTarget, targets } from "./targets.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const page = here("../docs/benchmarks.md");
let text = readFileSync(page, "utf8");
write(
  "tables",
  ["kernels", "cpu", "wasm"].map((engine) => engineTable(engine, read(engine))),
);
write("browser", [browserTable(read("browser"))]);
writeFileSync(page, text);

/** Replaces what stands between two marks; without results the old tables stay. */
function write(name, tables) {
  const [begin, end] = [`<!-- ${name}: npm run bench:tables -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) {
    console.error(`bench:tables: ${page} must have "${begin}" and then "${end}"`);
    process.exit(2);
  }
  const parts = tables.filter((part) => part !== null);
  if (parts.length > 0) text = `${text.slice(0, from)}${begin}\n\n${parts.join("\n\n")}\n\n${text.slice(to)}`;
}

function read(name) {
  const file = here(`results/${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

function engineTable(engine, saved) {
  if (saved === null) return null;
  const rows = saved.results.map((result) => {
    const { pytorch, "torch.compile": compiled, ...others } = result.peers;
    const other = Object.entries(others).map(([name, peer]) => `${name} ${peer.version} ${times(peer)}`);
    const [ratio, memory] = [pytorch?.ratio, pytorch && result.peakMb / pytorch.peakMb];
    return [
      `\`${result.bench}\``,
      span(result),
      pytorch ? span(pytorch) : other.join("; ") || "none",
      pytorch ? `**${ratio.toFixed(2)}x**` : "",
      pytorch ? verdict(ratio, targets[engine]?.[result.bench]) : "",
      compiled ? times(compiled) : "",
      `${result.peakMb.toFixed(0)} MB${memory === undefined ? "" : `, ${memory.toFixed(2)}x`}`,
      memory === undefined || engine !== "kernels" ? "" : memory <= memoryTarget ? "met" : "missed",
      result.share === undefined ? "" : `${(100 * result.share).toFixed(0)} %`,
    ];
  });
  const head = [
    "workload",
    "zaya, ms per step",
    "PyTorch",
    "ratio",
    "target",
    "torch.compile",
    "memory",
    `target, ${memoryTarget}x`,
    "share of peak",
  ];
  return `### Engine \`${engine}\`\n\n${about(saved)}\n\n${table(head, rows)}`;
}

function about({ date, commit, machine, rounds, load, peak, results }) {
  const versions = new Set(results.flatMap(({ peers }) => (peers.pytorch ? [peers.pytorch.version] : [])));
  const torch = versions.size === 0 ? "" : `, PyTorch ${[...versions].join(", ")}`;
  return `${date}, commit ${commit}, ${machine}${torch}, ${rounds} rounds; load average ${load[0].toFixed(1)} at the start; peak of a 2048 x 2048 matrix product in ONNX Runtime ${peak.toFixed(0)} GFLOP/s.`;
}

function verdict(ratio, target) {
  if (target === undefined) return "";
  return `${target.toFixed(2)}x, ${ratio >= target ? "met" : "missed"}`;
}

function span({ ms, min, max }) {
  return `${digits(ms)} (${digits(min)} to ${digits(max)})`;
}

function times(peer) {
  return `${digits(peer.ms)} (${peer.ratio.toFixed(2)}x)`;
}

function digits(ms) {
  return ms < 10 ? ms.toFixed(2) : ms.toFixed(ms < 100 ? 1 : 0);
}

function browserTable(saved) {
  if (saved === null) return null;
  const rows = Object.entries(saved.workloads).flatMap(([workload, sides]) =>
    Object.entries(sides)
      .toSorted(([, a], [, b]) => ("missing" in a) - ("missing" in b))
      .map(([side, found]) => [
        `\`${workload}\``,
        found.missing ? side : `${side} ${found.version} (${found.note})`,
        found.missing ?? span(found),
        found.missing || side === "zaya" ? "" : `**${found.ratio.toFixed(2)}x**`,
      ]),
  );
  const { date, browser, machine, rounds, threads, load } = saved;
  return `${date}, ${browser} headless, ${machine}, ${rounds} alternated rounds, ${threads} threads; load average ${load.toFixed(1)} at the start.\n\n${table(["workload", "library", "ms per step", "speedup of zaya"], rows)}`;
}

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

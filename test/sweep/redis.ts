import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The server program that is installed, Redis or Valkey; null where there is none. */
export const redisProgram: string | null =
  ["redis-server", "valkey-server"].find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  }) ?? null;

/** A server of its own, with an append-only file in a folder. */
export class RedisServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  static async start(folder: string, ...settings: string[]): Promise<RedisServer> {
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as { port: number };
    probe.close();
    const server = new RedisServer(folder, port, settings);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const settings = [
      "--port",
      `${this.port}`,
      "--bind",
      "127.0.0.1",
      "--dir",
      this.folder,
      "--save",
      "",
      ...this.settings,
    ];
    const append = this.settings.includes("--appendonly") ? [] : ["--appendonly", "yes", "--appendfsync", "always"];
    this.child = spawn(redisProgram!, [...settings, ...append], { stdio: ["ignore", "pipe", "ignore"] });
    let said = "";
    this.child.stdout!.on("data", (text) => (said += String(text)));
    while (!said.includes("Ready to accept connections")) {
      if (this.child.exitCode !== null) throw new Error(said);
      await sleep(20);
    }
  }

  async kill(): Promise<void> {
    const ended = once(this.child!, "exit");
    this.child!.kill("SIGKILL");
    await ended;
  }
}

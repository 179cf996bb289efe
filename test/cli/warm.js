// Runs one command line after another in one process: each is called as bin/zaya.js calls it. A command line comes on stdin as a line of
// JSON, [folder, words]; what it prints goes to the streams of this process, and both are told where it ends.
import { createInterface } from "node:readline";

const [, , main, name] = process.argv;
process.argv = [process.execPath, name];
const program = await import(main);

/** What keeps a process from ending. */
const busy = () => process.getActiveResourcesInfo().filter((kind) => !["Immediate", "Timeout"].includes(kind)).length;
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

/** Waits until nothing is left that a process of the command's own would wait for: one that hangs would not end either. */
async function settled(before) {
  for (let calm = 0; calm < 2;) {
    await pause();
    calm = busy() <= before && timers() === 0 ? calm + 1 : 0;
  }
}

const streams = [process, process.stdout, process.stderr];
/** All that listens to this process and its streams, by event. */
const listening = () =>
  streams.map((stream) => new Map(stream.eventNames().map((event) => [event, stream.rawListeners(event)])));

/** Calls what a command has registered for an event, and takes away all that it has registered. */
async function finish(before, resources) {
  const added = (event) => process.rawListeners(event).filter((each) => !before[0].get(event)?.includes(each));
  for (const each of added("beforeExit")) each.call(process, process.exitCode ?? 0);
  await settled(resources);
  for (const each of added("exit")) each.call(process, process.exitCode ?? 0);
  for (const [i, stream] of streams.entries()) {
    for (const event of stream.eventNames()) {
      for (const each of stream.rawListeners(event)) {
        if (!before[i].get(event)?.includes(each)) stream.removeListener(event, each.listener ?? each);
      }
    }
  }
}

// Their first use registers what stays.
process.stdout.write("");
process.stderr.write("");
const lines = createInterface({ input: process.stdin });
// The tests have ended, however they did: whatever still runs is of no use to anybody.
lines.once("close", () => process.exit());
for await (const line of lines) {
  const [folder, words] = JSON.parse(line);
  process.chdir(folder);
  process.exitCode = undefined;
  const [before, resources] = [listening(), busy()];
  await program.main(words);
  await settled(resources);
  await finish(before, resources);
  const end = `\0${process.exitCode ?? 0}\0`;
  process.exitCode = undefined;
  process.stdout.write(end);
  process.stderr.write(end);
}

/**
 * The local edge: the three Workers of wrangler.toml on the real runtime, in one process.
 *
 * Prints `DIRECT http://…` (the api Worker's own socket) and then `READY http://…` (everything, pages included) when
 * the edge answers, and runs until a signal. With --control it prints `CONTROL http://…` before both.
 */

// Read by wrangler while it is imported.
process.env.WRANGLER_LOG ??= "warn";
process.env.WRANGLER_SEND_METRICS = "false";
process.env.WRANGLER_HIDE_BANNER = "true";

const { HostError } = await import("./host/errors.mjs");
const { readOptions } = await import("./host/options.mjs");

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const begun = performance.now();
let edge;
let control;

/** Miniflare exits on a signal before its workerd is gone; we want to be the only one who listens. */
function stopOnSignals() {
  for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, () => void stop(0));
}

async function stop(status) {
  control?.close();
  await edge?.stop();
  process.exit(status);
}

async function main() {
  const options = readOptions();
  const { LocalEdge, say, seconds } = await import("./host/edge.mjs");
  const { openControl } = await import("./host/control.mjs");
  const { HOST } = await import("./host/workers.mjs");

  edge = new LocalEdge(options, stopOnSignals);
  stopOnSignals();
  if (options.untilStdinEnds) process.stdin.resume().once("end", () => void stop(0));

  say("starting api, wallet_do and fraud_cron …");
  await edge.start();
  if (options.control) {
    control = await openControl(HOST, {
      logs: edge.logs,
      pids: () => edge.pids(),
      scheduled: (...args) => edge.scheduled(...args),
      evict: (...args) => edge.evict(...args),
      enqueue: (...args) => edge.enqueue(...args),
      stop: () => stop(0),
    });
    say(`CONTROL http://${HOST}:${control.address().port}`);
  }
  say(`started in ${seconds(begun)}`);
  say(`DIRECT ${edge.directUrl}`);
  say(`READY ${edge.url}`);
}

try {
  await main();
} catch (error) {
  if (!edge?.stopping) console.error(error instanceof HostError ? `error: ${error.message}` : error);
  await stop(1);
}

/**
 * The running edge: one workerd with three Workers, from start to stop.
 *
 * Invariant: after `stop()` resolves nothing that was started here is left: no process, no timer, no temporary folder.
 */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Miniflare } from "miniflare";

import { startCron } from "./cron.mjs";
import { HostError } from "./errors.mjs";
import { Logs } from "./logs.mjs";
import { applyMigrations } from "./migrations.mjs";
import { PYODIDE_FOLDER, VENV_PYTHON, WATCHED, WORKERD_LAUNCHER } from "./paths.mjs";
import { claimPort } from "./ports.mjs";
import { watch } from "./watch.mjs";
import { HOST, readEdge } from "./workers.mjs";

const HEALTH_PATIENCE_MS = 60_000;
const HEALTH_EVERY_MS = 50;

export class LocalEdge {
  logs = new Logs();
  #options;
  #afterCreation;
  #scratch;
  #state;
  #pidFile;
  #miniflare;
  #edge;
  #undo = [];
  #stopping;
  #reload = Promise.resolve();

  /**
   * @param {import("./options.mjs").HostOptions} options
   * @param {() => void} afterCreation  called when Miniflare exists and has taken its hooks
   */
  constructor(options, afterCreation) {
    this.#options = options;
    this.#afterCreation = afterCreation;
  }

  get url() {
    return `http://${HOST}:${this.#options.port}`;
  }

  get directUrl() {
    return `http://${HOST}:${this.#options.directPort}`;
  }

  async start() {
    this.#options.port = await claimPort(HOST, this.#options.port);
    this.#options.directPort = await claimPort(HOST, this.#options.directPort);
    this.#scratch = fs.mkdtempSync(path.join(os.tmpdir(), "acmetocasino-edge-"));
    this.#state = path.resolve(this.#options.state ?? path.join(this.#scratch, "state"));
    fs.mkdirSync(this.#state, { recursive: true });
    this.#pidFile = path.join(this.#scratch, "workerd.pid");
    prepareWorkerd(this.#pidFile);

    this.#read();
    this.#miniflare = new Miniflare({
      ...this.#edge.miniflare,
      unsafeHandleRuntimeRestart: () => this.#afterCrash(),
    });
    this.#afterCreation();
    await this.#bringUp(() => this.#miniflare.ready);

    if (this.#options.watch) this.#undo.push(watch(WATCHED, (changed) => this.#scheduleReload(changed)));
    if (this.#options.cron) this.#armCron();
  }

  stop() {
    this.#stopping ??= (async () => {
      for (const undo of this.#undo) undo();
      await this.#miniflare?.dispose();
      if (this.#scratch) fs.rmSync(this.#scratch, { recursive: true, force: true });
    })();
    return this.#stopping;
  }

  get stopping() {
    return this.#stopping !== undefined;
  }

  async scheduled(env, cron, scheduledTime) {
    const worker = await this.#miniflare.getWorker(this.#name(env));
    return await worker.scheduled({ cron, scheduledTime });
  }

  async evict(env, className, name) {
    await this.#miniflare.unsafeEvictDurableObject(this.#name(env), className, { name });
  }

  async enqueue(env, binding, body) {
    await (await this.#miniflare.getQueueProducer(binding, this.#name(env))).send(body);
  }

  pids() {
    return { host: process.pid, workerd: Number(fs.readFileSync(this.#pidFile, "utf8")) };
  }

  #name(env) {
    const name = this.#edge.names[env];
    if (!name) throw new HostError(`no environment "${env}" in wrangler.toml`);
    return name;
  }

  #read() {
    this.#edge = readEdge({ ...this.#options, state: this.#state }, this.logs.receive);
  }

  async #bringUp(boot) {
    await boot();
    for (const database of this.#edge.databases) {
      for (const name of await applyMigrations(this.#miniflare, database)) say(`D1 migration ${name} applied`);
    }
    await this.#untilHealthy();
    if (this.#edge.profile === "sandbox") await this.#seed();
  }

  async #untilHealthy() {
    const deadline = Date.now() + HEALTH_PATIENCE_MS;
    let last = "no answer";
    while (Date.now() < deadline && !this.stopping) {
      try {
        const response = await fetch(`${this.url}/healthz`);
        const body = await response.text();
        if (response.status === 200) return;
        last = `${response.status} ${body}`;
        // A Worker that raises will not stop raising by being asked again.
        if (response.status === 500) break;
      } catch (error) {
        last = String(error.cause ?? error);
      }
      await sleep(HEALTH_EVERY_MS);
    }
    throw new HostError(`The api Worker does not answer GET /healthz with 200. Last answer: ${last}`);
  }

  /** Demonstration data; seeding again changes nothing. */
  async #seed() {
    const response = await fetch(`${this.url}/v1/sandbox/seed`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "local-edge-seed" },
      body: "{}",
    });
    const body = await response.text();
    if (!response.ok && response.status !== 404) {
      throw new HostError(`POST /v1/sandbox/seed answered ${response.status}: ${body}`);
    }
  }

  #scheduleReload(changed) {
    this.#reload = this.#reload.then(async () => {
      if (this.stopping) return;
      const begun = performance.now();
      say(`${changed} changed, restarting`);
      try {
        this.#read();
        await this.#bringUp(() => this.#miniflare.setOptions(this.#edge.miniflare));
        say(`restarted in ${seconds(begun)}`);
      } catch (error) {
        say(`not restarted, waiting for the next change: ${error.message}`);
      }
    });
  }

  async #afterCrash() {
    await this.#untilHealthy();
    say("RESTARTED workerd after it died");
  }

  #armCron() {
    const fire = async (worker, cron, time) => {
      try {
        await (await this.#miniflare.getWorker(worker)).scheduled({ cron, scheduledTime: time });
      } catch (error) {
        say(`cron "${cron}" of ${worker} failed: ${error.message}`);
      }
    };
    this.#undo.push(startCron(this.#edge.schedules, fire));
  }
}

/** Makes Miniflare start workerd through our launcher, which adds the Pyodide folder and dies with us. */
function prepareWorkerd(pidFile) {
  if (!fs.existsSync(path.join(PYODIDE_FOLDER, "pyodide_dev.capnp.bin"))) {
    throw new HostError("The Pyodide bundle is not built.\n  → run: make setup");
  }
  process.env.MINIFLARE_WORKERD_PATH = WORKERD_LAUNCHER;
  process.env.EDGE_PYTHON = VENV_PYTHON;
  process.env.EDGE_PYODIDE_FOLDER = PYODIDE_FOLDER;
  process.env.EDGE_PID_FILE = pidFile;
  process.env.EDGE_HOST_PID = String(process.pid);
}

export function seconds(begun) {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}

export function say(text) {
  process.stdout.write(`${text}\n`);
}

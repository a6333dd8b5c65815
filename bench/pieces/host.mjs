/**
 * Runs entry.py on workerd with the modules of the api Worker and of the wallet beside it. EDGE_CHECKOUT names the
 * checkout whose modules are measured. Prints `GLOBAL http://…` (the Worker of floor.py), `DIRECT http://…` and runs
 * until its standard input ends.
 */

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";

const HOST = "127.0.0.1";
const checkout = path.resolve(process.env.EDGE_CHECKOUT);
const load = (name) => import(pathToFileURL(path.join(checkout, "runtime/host", name)).href);
const { workerModules } = await load("modules.mjs");
const { PYODIDE_FOLDER, ROOT, VENV_PYTHON, WORKERD_LAUNCHER, WRANGLER_TOML } = await load("paths.mjs");
const { claimPort } = await load("ports.mjs");

process.env.MINIFLARE_WORKERD_PATH = WORKERD_LAUNCHER;
process.env.EDGE_PYTHON = VENV_PYTHON;
process.env.EDGE_PYODIDE_FOLDER = PYODIDE_FOLDER;
process.env.EDGE_HOST_PID = String(process.pid);

const production = unstable_readConfig({ config: WRANGLER_TOML, env: "api" });
const api = path.join(ROOT, "workers/api");
const modules = [
  ...["entry.py", "front.py", "back.py", "sample.py"].map(own),
  // All of the api Worker's modules but its entry; the entry and the rest of `shared` come with them.
  ...workerModules(path.join(api, "entry.py"), production.python_modules.exclude).filter(
    (module) => module.path !== "entry.py",
  ),
];
const port = await claimPort(HOST, 0);
const globalPort = await claimPort(HOST, 0);

function own(name) {
  return { type: "PythonModule", path: name, contents: fs.readFileSync(path.join(import.meta.dirname, name), "utf8") };
}

function worker(name, rest, flags = []) {
  return {
    name,
    rootPath: ROOT,
    modulesRoot: ROOT,
    modules,
    compatibilityDate: production.compatibility_date,
    compatibilityFlags: [...production.compatibility_flags, "python_workers_development", "experimental", ...flags],
    ...rest,
  };
}

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: HOST,
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => level === "error" && process.stdout.write(`${message}\n`),
    resourcePersistencePath: process.env.PIECES_STATE,
    telemetry: { enabled: false },
    workers: [
      // Two Workers, as in production: what crosses between them crosses two interpreters.
      worker("front", { durableObjects: { OBJECT: { className: "Specimen", scriptName: "back" } } }),
      worker("back", {
        durableObjects: { OBJECT: { className: "Specimen", useSQLite: true } },
        unsafeDirectSockets: [
          { host: HOST, port, serviceName: "front" },
          { host: HOST, port: globalPort, serviceName: "global" },
        ],
      }),
      worker(
        "global",
        { modules: [own("floor.py"), ...modules.filter((module) => module.path.startsWith("python_modules/workers/"))] },
        ["disable_python_no_global_handlers"],
      ),
    ],
  }),
);

process.stdin.resume().once("end", async () => {
  await miniflare.dispose();
  process.exit(0);
});
await miniflare.ready;
console.log(`GLOBAL http://${HOST}:${globalPort}`);
console.log(`DIRECT http://${HOST}:${port}`);

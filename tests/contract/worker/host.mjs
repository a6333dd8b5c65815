/**
 * Runs entry.py and the suites on real workerd, with one binding of every kind that a port stands for.
 *
 * Prints `READY http://…` and runs until its standard input ends.
 */

import fs from "node:fs";
import path from "node:path";

import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";

import { workerModules } from "../../../runtime/host/modules.mjs";
import { PYODIDE_FOLDER, ROOT, VENV_PYTHON, WORKERD_LAUNCHER, WRANGLER_TOML } from "../../../runtime/host/paths.mjs";

process.env.MINIFLARE_WORKERD_PATH = WORKERD_LAUNCHER;
process.env.EDGE_PYTHON = VENV_PYTHON;
process.env.EDGE_PYODIDE_FOLDER = PYODIDE_FOLDER;
process.env.EDGE_HOST_PID = String(process.pid);

// The date, flags and packages of the wallet, from the one file that has them.
const production = unstable_readConfig({ config: WRANGLER_TOML, env: "wallet_do" });
const suites = path.join(ROOT, "tests/contract/suites");
const modules = [
  ...workerModules(path.join(import.meta.dirname, "entry.py"), production.python_modules.exclude),
  ...fs
    .readdirSync(suites)
    .filter((name) => name.endsWith(".py"))
    .map((name) => ({
      type: "PythonModule",
      path: `contract/suites/${name}`,
      contents: fs.readFileSync(path.join(suites, name), "utf8"),
    })),
];

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => process.stdout.write(`${level.toUpperCase()} ${message}\n`),
    telemetry: { enabled: false },
    workers: [
      {
        name: "contract",
        rootPath: ROOT,
        modulesRoot: ROOT,
        modules,
        compatibilityDate: production.compatibility_date,
        compatibilityFlags: [...production.compatibility_flags, "python_workers_development", "experimental"],
        bindings: { GREETING: "olá", OBJECT: { a: 1 } },
        durableObjects: {
          SPECIMEN: { className: "Specimen", useSQLite: true },
          ECHO: { className: "Echo", useSQLite: true },
        },
        d1Databases: { DB: "contract" },
        kvNamespaces: { CACHE: "contract" },
        r2Buckets: { STORE: "contract" },
        queueProducers: { EVENTS: { queueName: "events" }, UNHEARD: { queueName: "unheard" } },
        queueConsumers: { events: { maxBatchSize: 10, maxBatchTimeout: 0, maxRetries: 2, retryDelay: 0 } },
      },
    ],
  }),
);

process.stdin.resume().once("end", async () => {
  await miniflare.dispose();
  process.exit(0);
});
console.log(`READY ${await miniflare.ready}`);

/**
 * From `wrangler.toml` to Miniflare: three environments become three Workers of one process.
 *
 * The file stays as production wants it. What only the local edge needs is added here: the two flags that make workerd
 * read the Pyodide bundle built at set-up, a fixed `request.cf`, the api Worker's own socket.
 */

import { convertV4MiniflareOptions, Log, LogLevel } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";

import { workerModules } from "./modules.mjs";
import { ROOT, WRANGLER_TOML } from "./paths.mjs";

export const HOST = "127.0.0.1";
export const ENVIRONMENTS = ["api", "wallet_do", "fraud_cron"];

const LOCAL_EDGE_FLAGS = ["python_workers_development", "experimental"];

/** Where a local player seems to be; without it Miniflare would ask the network. */
const LOCAL_CF = {
  asOrganization: "Local edge",
  city: "São Paulo",
  colo: "GRU",
  continent: "SA",
  country: "BR",
  latitude: "-23.55052",
  longitude: "-46.63331",
  region: "São Paulo",
  regionCode: "SP",
  timezone: "America/Sao_Paulo",
};

/**
 * @typedef {object} Edge
 * @property {object} miniflare  options for `new Miniflare` or `setOptions`
 * @property {Record<string, string>} names  Worker name by environment
 * @property {string} profile  PROFILE of the api Worker
 * @property {{worker: string, crons: string[]}[]} schedules
 * @property {{worker: string, binding: string, folder: string, table: string}[]} databases
 */

/**
 * Reads `wrangler.toml`, `.dev.vars.*` and all modules anew.
 *
 * @param {{port: number, directPort: number, state: string, vars: Map<string, Record<string, string>>}} options
 * @param {(entry: {level: string, message: string}) => void} onLog
 * @returns {Edge}
 */
export function readEdge(options, onLog) {
  const names = {};
  const workers = [];
  const schedules = [];
  const databases = new Map();
  for (const env of ENVIRONMENTS) {
    const config = unstable_readConfig({ config: WRANGLER_TOML, env });
    const { workerOptions } = unstable_getMiniflareWorkerOptions(WRANGLER_TOML, env);
    // Rules for discovering modules; ours are listed explicitly.
    delete workerOptions.modulesRules;
    names[env] = config.name;
    workers.push({
      ...workerOptions,
      name: config.name,
      rootPath: ROOT,
      modulesRoot: ROOT,
      modules: workerModules(config.main, config.python_modules.exclude),
      compatibilityFlags: [...workerOptions.compatibilityFlags, ...LOCAL_EDGE_FLAGS],
      bindings: { ...workerOptions.bindings, ...options.vars.get(env) },
    });
    if (config.triggers.crons?.length) schedules.push({ worker: config.name, crons: config.triggers.crons });
    for (const database of config.d1_databases) {
      databases.set(database.database_id, {
        worker: config.name,
        binding: database.binding,
        folder: database.migrations_dir,
        table: database.migrations_table ?? "d1_migrations",
      });
    }
  }

  // A socket declared on a Worker with assets leads to Miniflare's asset router. Declared on a Worker without assets,
  // and naming the api Worker as its service, it leads to that Worker itself.
  workers[ENVIRONMENTS.indexOf("wallet_do")].unsafeDirectSockets = [
    { host: HOST, port: options.directPort, serviceName: names.api },
  ];

  return {
    names,
    schedules,
    databases: [...databases.values()],
    profile: workers[0].bindings.PROFILE,
    miniflare: convertV4MiniflareOptions({
      host: HOST,
      port: options.port,
      cf: LOCAL_CF,
      log: new Log(LogLevel.WARN),
      logRequests: false,
      handleStructuredLogs: onLog,
      resourcePersistencePath: options.state,
      telemetry: { enabled: false },
      workers,
    }),
  };
}

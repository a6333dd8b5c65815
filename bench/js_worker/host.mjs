/**
 * Runs the JavaScript Worker as `runtime/host.mjs` runs the house: one workerd, two Workers, data on disk, the api
 * Worker on a socket of its own. Prints `DIRECT http://…` and runs until its standard input ends.
 */

import fs from "node:fs";
import path from "node:path";

import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_readConfig } from "wrangler";

import { WRANGLER_TOML } from "../../runtime/host/paths.mjs";
import { claimPort } from "../../runtime/host/ports.mjs";

const HOST = "127.0.0.1";
const folder = import.meta.dirname;
const { compatibility_date: compatibilityDate } = unstable_readConfig({ config: WRANGLER_TOML, env: "wallet_do" });
const port = await claimPort(HOST, 0);

function worker(name, main, rest) {
  return {
    name,
    rootPath: folder,
    modulesRoot: folder,
    modules: [main, ...["shared.js", "schema.js"]].map((file) => ({
      type: "ESModule",
      path: file,
      contents: fs.readFileSync(path.join(folder, file), "utf8"),
    })),
    compatibilityDate,
    compatibilityFlags: ["nodejs_compat"],
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
    handleStructuredLogs: ({ message }) => process.stdout.write(`${message}\n`),
    resourcePersistencePath: process.env.JS_WORKER_STATE,
    telemetry: { enabled: false },
    workers: [
      worker("api", "api.js", {
        bindings: { TOKEN_KEY: process.env.JS_WORKER_TOKEN_KEY },
        durableObjects: { WALLET: { className: "WalletDO", scriptName: "wallet" } },
      }),
      worker("wallet", "wallet.js", {
        durableObjects: { WALLET: { className: "WalletDO", useSQLite: true } },
        unsafeDirectSockets: [{ host: HOST, port, serviceName: "api" }],
      }),
    ],
  }),
);

process.stdin.resume().once("end", async () => {
  await miniflare.dispose();
  process.exit(0);
});
await miniflare.ready;
console.log(`DIRECT http://${HOST}:${port}`);

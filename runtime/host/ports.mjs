/** Ports are chosen before workerd starts, so that they stay the same when it restarts. */

import { createServer } from "node:net";

import { HostError } from "./errors.mjs";

/** Returns `port` when it is free, or a free one for 0. Throws HostError when it is taken. */
export function claimPort(host, port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => {
      if (error.code === "EADDRINUSE") {
        reject(
          new HostError(
            `Port ${port} is taken by another program.\n` +
              `  → stop it, or choose another port: make dev PORT=${port + 1} (PORT=0 picks a free one)`,
          ),
        );
      } else if (error.code === "EACCES") {
        reject(new HostError(`Port ${port} needs privileges.\n  → choose one above 1023: make dev PORT=8787`));
      } else {
        reject(error);
      }
    });
    probe.listen({ host, port, exclusive: true }, () => {
      const { port: chosen } = probe.address();
      probe.close(() => resolve(chosen));
    });
  });
}

/**
 * The control port: what tests may do to a running edge. Loopback only, opened by --control only.
 *
 *   POST /scheduled {worker, cron, time_ms?}   runs a scheduled handler; answers its outcome
 *   POST /evict     {worker, class, name}      drops a Durable Object from memory; its storage stays
 *   POST /queue     {worker, binding, body}    puts a message into the queue behind a producer binding
 *   GET  /pids                                 {host, workerd}
 *   GET  /logs                                 [{timestamp, level, message}] since the start
 *   POST /stop                                 stops the edge
 *
 * `worker` is an environment of wrangler.toml: api, wallet_do or fraud_cron.
 */

import { createServer } from "node:http";

/** @returns {Promise<import("node:http").Server>} */
export function openControl(host, edge) {
  const routes = {
    "POST /scheduled": async ({ worker, cron, time_ms: time }) =>
      await edge.scheduled(worker, cron, time === undefined ? new Date() : new Date(time)),
    "POST /evict": async ({ worker, class: className, name }) => {
      await edge.evict(worker, className, name);
      return { evicted: name };
    },
    "POST /queue": async ({ worker, binding, body }) => {
      await edge.enqueue(worker, binding, body);
      return { sent: 1 };
    },
    "GET /pids": async () => edge.pids(),
    "GET /logs": async () => edge.logs.entries,
    "POST /stop": async () => {
      setImmediate(() => edge.stop());
      return { stopping: true };
    },
  };
  const server = createServer(async (request, response) => {
    const route = routes[`${request.method} ${request.url}`];
    try {
      if (!route) return answer(response, 404, { error: `no ${request.method} ${request.url}` });
      answer(response, 200, await route(await readJson(request)));
    } catch (error) {
      answer(response, 500, { error: String(error?.stack ?? error) });
    }
  });
  return new Promise((resolve) => server.listen(0, host, () => resolve(server)));
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : JSON.parse(text);
}

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/**
 * Applies D1 migrations as `wrangler d1 migrations apply` does, with the same bookkeeping table.
 *
 * Invariant: one migration is one batch together with its bookkeeping row, so it is applied once and whole or not at
 * all.
 */

import fs from "node:fs";
import path from "node:path";

import { unstable_splitSqlQuery } from "wrangler";

import { HostError } from "./errors.mjs";
import { ROOT } from "./paths.mjs";

/** @returns {Promise<string[]>} the names of the migrations applied now */
export async function applyMigrations(miniflare, { worker, binding, folder, table }) {
  const directory = path.resolve(ROOT, folder);
  const names = fs.existsSync(directory) ? fs.readdirSync(directory).filter((name) => name.endsWith(".sql")) : [];
  const database = await miniflare.getD1Database(binding, worker);
  await database
    .prepare(
      `CREATE TABLE IF NOT EXISTS "${table}"(` +
        "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, " +
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run();
  const { results } = await database.prepare(`SELECT name FROM "${table}"`).all();
  const applied = new Set(results.map((row) => row.name));
  const pending = names.filter((name) => !applied.has(name)).sort();
  for (const name of pending) {
    const statements = unstable_splitSqlQuery(fs.readFileSync(path.join(directory, name), "utf8"));
    try {
      await database.batch([
        ...statements.map((statement) => database.prepare(statement)),
        database.prepare(`INSERT INTO "${table}" (name) VALUES (?)`).bind(name),
      ]);
    } catch (error) {
      throw new HostError(`D1 migration ${path.join(folder, name)} failed: ${error.message}`, { cause: error });
    }
  }
  return pending;
}

/** Where things are, from the root of the repository. */

import path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../..");
export const WRANGLER_TOML = path.join(ROOT, "wrangler.toml");
export const PYTHON_MODULES = path.join(ROOT, "python_modules");
export const SHARED = path.join(ROOT, "src/shared");
export const PYODIDE_FOLDER = path.join(ROOT, ".cache/pyodide");
export const VENV_PYTHON = path.join(ROOT, ".venv/bin/python");
export const WORKERD_LAUNCHER = path.join(ROOT, "runtime/workerd");

/** What a change of makes the edge restart. */
export const WATCHED = ["workers", "src/shared", "web", "migrations_d1", "wrangler.toml"].map((name) =>
  path.join(ROOT, name),
);

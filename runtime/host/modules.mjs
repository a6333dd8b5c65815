/**
 * The modules of one Worker, named and typed as `wrangler deploy` would upload them.
 *
 * Invariant: what runs here is what a deployment contains: the folder of the entry, and below `python_modules/` the
 * vendored packages and `shared`, minus what the environment's `python_modules.exclude` leaves out. `shared` is read
 * from `src/` directly, so that a restart needs no build step.
 */

import fs from "node:fs";
import path from "node:path";

import { PYTHON_MODULES, SHARED } from "./paths.mjs";

/** CPython adapters are for tests and tools; they import what Workers do not have. */
const NEVER_BUNDLED = ["**/__pycache__/**", "platform/native/**"];

/**
 * @param {string} main  absolute path of the entry
 * @param {string[]} exclude  globs relative to python_modules
 */
export function workerModules(main, exclude) {
  const folder = path.dirname(main);
  const entry = path.basename(main);
  const own = listFiles(folder)
    .filter((name) => name.endsWith(".py"))
    .sort((a, b) => Number(b === entry) - Number(a === entry) || a.localeCompare(b));
  return [
    ...own.map((name) => pythonModule(name, path.join(folder, name))),
    ...listFiles(PYTHON_MODULES)
      .filter((name) => !name.startsWith("shared/") && !matchesAny(name, exclude))
      .map((name) => vendoredModule(name, path.join(PYTHON_MODULES, name))),
    ...listFiles(SHARED)
      .filter((name) => !matchesAny(name, NEVER_BUNDLED) && !matchesAny(`shared/${name}`, exclude))
      .map((name) => vendoredModule(`shared/${name}`, path.join(SHARED, name))),
  ];
}

function pythonModule(name, file) {
  return { type: "PythonModule", path: name, contents: fs.readFileSync(file, "utf8") };
}

function vendoredModule(name, file) {
  const modulePath = `python_modules/${name}`;
  // The SDK imports its own JavaScript at run time, so that part is a module; all else is bytes for Python.
  if (/^workers\/.*\.m?js$/.test(name)) {
    return { type: "ESModule", path: modulePath, contents: fs.readFileSync(file, "utf8") };
  }
  return { type: "Data", path: modulePath, contents: new Uint8Array(fs.readFileSync(file)) };
}

function listFiles(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.relative(folder, path.join(item.parentPath, item.name)))
    .sort();
}

function matchesAny(name, globs) {
  return globs.some((glob) => path.matchesGlob(name, glob));
}

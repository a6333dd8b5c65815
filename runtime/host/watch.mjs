/** Tells when a file below the watched folders changed, once per burst of changes. */

import fs from "node:fs";
import path from "node:path";

const QUIET_MS = 200;
const IGNORED = /(^|[/\\])(__pycache__|vendor|\.[^/\\]*|[^/\\]*~)([/\\]|$)|openapi\.json$/;

/** @returns {() => void} stops watching */
export function watch(targets, onChange) {
  let timer;
  const watchers = targets
    .filter((target) => fs.existsSync(target))
    .map((target) =>
      fs.watch(target, { recursive: fs.statSync(target).isDirectory() }, (_event, name) => {
        if (name && IGNORED.test(name)) return;
        clearTimeout(timer);
        timer = setTimeout(() => onChange(path.join(path.basename(target), name ?? "")), QUIET_MS);
      }),
    );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

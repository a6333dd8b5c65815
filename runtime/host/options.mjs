/** The command line of the host. Every option has a default that suits a person at a terminal. */

import { parseArgs } from "node:util";

import { HostError } from "./errors.mjs";

const USAGE = `\
Usage: node runtime/host.mjs [options]
  --port N             port of the address that serves everything (default $PORT or 8787; 0 picks a free one)
  --direct-port N      port of the api Worker's own socket (default 0: a free one)
  --state DIR          folder that keeps all state (default $STATE; without it state is gone after the run)
  --var ENV:KEY=VALUE  replaces a variable of one environment, e.g. api:PROFILE=production (repeatable)
  --no-watch           do not restart when a file changes
  --no-cron            do not fire the cron triggers of wrangler.toml
  --control            open a control port for tests on the loopback interface
  --until-stdin-ends   stop when standard input is closed (ties the host to the process that started it)`;

/**
 * @typedef {object} HostOptions
 * @property {number} port
 * @property {number} directPort
 * @property {string | undefined} state
 * @property {Map<string, Record<string, string>>} vars  overrides by environment
 * @property {boolean} watch
 * @property {boolean} cron
 * @property {boolean} control
 * @property {boolean} untilStdinEnds
 */

/** @returns {HostOptions} */
export function readOptions(argv = process.argv.slice(2), env = process.env) {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      allowNegative: true,
      options: {
        port: { type: "string", default: env.PORT || "8787" },
        "direct-port": { type: "string", default: "0" },
        state: { type: "string", default: env.STATE || undefined },
        var: { type: "string", multiple: true, default: [] },
        watch: { type: "boolean", default: true },
        cron: { type: "boolean", default: true },
        control: { type: "boolean", default: false },
        "until-stdin-ends": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new HostError(`${error.message}\n\n${USAGE}`);
  }
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  return {
    port: readPort(values.port),
    directPort: readPort(values["direct-port"]),
    state: values.state,
    vars: readVars(values.var),
    watch: values.watch,
    cron: values.cron,
    control: values.control,
    untilStdinEnds: values["until-stdin-ends"],
  };
}

function readPort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new HostError(`"${text}" is not a port; give a number from 0 to 65535.`);
  }
  return port;
}

function readVars(assignments) {
  const vars = new Map();
  for (const assignment of assignments) {
    const match = /^(\w+):(\w+)=(.*)$/s.exec(assignment);
    if (!match) throw new HostError(`"${assignment}" is not of the form ENV:KEY=VALUE.`);
    const [, env, key, value] = match;
    vars.set(env, { ...vars.get(env), [key]: value });
  }
  return vars;
}

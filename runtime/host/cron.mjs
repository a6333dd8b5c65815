/**
 * Fires cron triggers on the minute, in UTC, as the platform does.
 *
 * Supported: `*`, numbers, lists, ranges and steps in the five fields. Day names, `L`, `W` and `#` are refused at start
 * rather than ignored.
 */

import { HostError } from "./errors.mjs";

const FIELDS = [
  { name: "minute", from: 0, to: 59, of: (time) => time.getUTCMinutes() },
  { name: "hour", from: 0, to: 23, of: (time) => time.getUTCHours() },
  { name: "day", from: 1, to: 31, of: (time) => time.getUTCDate() },
  { name: "month", from: 1, to: 12, of: (time) => time.getUTCMonth() + 1 },
  // Cloudflare counts weekdays from 1 = Sunday.
  { name: "weekday", from: 1, to: 7, of: (time) => time.getUTCDay() + 1 },
];
const MINUTE_MS = 60_000;

/** @returns {(time: Date) => boolean} */
export function parseCron(expression) {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) throw new HostError(`cron "${expression}" does not have five fields`);
  const sets = parts.map((part, index) => parseField(part, FIELDS[index], expression));
  return (time) => sets.every((set, index) => set.has(FIELDS[index].of(time)));
}

function parseField(text, field, expression) {
  const values = new Set();
  for (const item of text.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item);
    if (!match) throw new HostError(`cron "${expression}": the local edge does not know ${field.name} "${item}"`);
    const step = Number(match[3] ?? 1);
    const from = Number(match[1] ?? field.from);
    const to = Number(match[2] ?? (match[1] === undefined || match[3] !== undefined ? field.to : from));
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

/** Calls `fire(worker, cron, time)` on every minute that matches; returns a function that stops it. */
export function startCron(schedules, fire) {
  const triggers = schedules.flatMap(({ worker, crons }) =>
    crons.map((cron) => ({ worker, cron, matches: parseCron(cron) })),
  );
  let timer;
  const arm = () => {
    const next = new Date((Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS);
    timer = setTimeout(() => {
      for (const { worker, cron, matches } of triggers) if (matches(next)) fire(worker, cron, next);
      arm();
    }, next - Date.now());
  };
  arm();
  return () => clearTimeout(timer);
}

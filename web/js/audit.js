/**
 * Check an exported statement without trusting the house, in any browser that has WebCrypto.
 *
 * Invariant: nothing here makes a request, and a report without a broken law means that the whole chain of
 * the statement was recomputed from its first event, that its balances are the folds of its events, and that
 * each proof leads from an event of this statement to its day's root. The laws, their order and their names
 * are those of `runtime/audit.py`; both are held to `tests/vectors/audit.json`.
 */

const GENESIS = "0".repeat(64);
const HASHED = [
  "seq",
  "event_id",
  "type",
  "schema_version",
  "amount_minor",
  "cash_delta",
  "bonus_delta",
  "held_delta",
  "round_id",
  "game_version",
  "idempotency_key",
  "causation_id",
  "recorded_at",
  "data",
];
const BUCKETS = ["cash", "bonus", "held"];
const NEEDED = [...HASHED, ...BUCKETS.map((bucket) => `${bucket}_after`), "player_id", "currency", "prev_hash", "hash"];
const MAY_GO_BELOW_ZERO = ["ROLLBACK", "ADJUSTMENT"];
const ANCHORED = [
  "day",
  "root",
  "leaves",
  "missing",
  "previous",
  "audit_seq",
  "audit_hash",
  "made_at",
  "previous_hash",
];

/** A law does not hold; `at` is the seq of the event, or the day of the anchor, or null. */
class LawBroken extends Error {
  constructor(law, at = null) {
    super(law);
    this.law = law;
    this.at = at;
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param {object[]} pieces   what the export gave, in one piece or several
 * @param {object[]} anchors  proofs and published anchors
 */
export async function audit(pieces, anchors) {
  const report = {
    ok: false,
    law: null,
    broken_at: null,
    player_id: "",
    currency: "",
    events: 0,
    head_hash: GENESIS,
    recorded_at: 0,
    balances: { cash: 0, bonus: 0, held: 0 },
    totals: {},
    proved: [],
    published: [],
    archived: [],
    closed_seq: 0,
    opening: null,
  };
  try {
    const events = eventsOf(pieces);
    const opening = begin(report, pieces, events);
    for (const event of events) await follow(report, event);
    if (opening) checkOpening(report, pieces, events, opening);
    await checkAnchors(report, events, anchors);
  } catch (error) {
    if (!(error instanceof LawBroken)) throw error;
    [report.law, report.broken_at] = [error.law, error.at];
  }
  report.ok = report.law === null;
  return report;
}

/** Whether a file is a statement, or else says something about anchors. */
export const isStatement = (file) => isObject(file) && "events" in file;

/** SHA-256 over the previous hash and the decided members. */
export function eventHash(event) {
  return sha256(utf8(event.prev_hash + JSON.stringify(HASHED.map((name) => event[name]))));
}

/** The root that a proof leads to, or null when its path does not fit its tree (RFC 9162 §2.1.3.2). */
export async function rootOf(proof) {
  let index = proof.index;
  let last = proof.leaves - 1;
  let node = await sha256(joined([0], utf8(proof.leaf)));
  if (index < 0 || index > last) return null;
  for (const sibling of proof.path) {
    if (last === 0) return null;
    if (index % 2 === 1 || index === last) {
      node = await sha256(joined([1], bytes(sibling), bytes(node)));
      while (index % 2 === 0 && index !== 0) [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
    } else {
      node = await sha256(joined([1], bytes(node), bytes(sibling)));
    }
    [index, last] = [Math.floor(index / 2), Math.floor(last / 2)];
  }
  return last === 0 ? node : null;
}

function eventsOf(pieces) {
  for (const piece of pieces) {
    if (piece.format !== "acme.statement/1" || !Array.isArray(piece.events)) throw new LawBroken("format");
    for (const event of piece.events) {
      if (!isObject(event) || !NEEDED.every((name) => name in event)) throw new LawBroken("format");
    }
  }
  const events = pieces.flatMap((piece) => piece.events);
  if (events.length === 0) throw new LawBroken("format");
  return events.sort((one, other) => one.seq - other.seq);
}

/** Stand where the statement begins: before the first event, or behind closed books. */
function begin(report, pieces, events) {
  const openings = pieces.map((piece) => piece.opening).filter(isObject);
  const opening = openings.find((one) => one.closed_seq + 1 === events[0].seq) ?? null;
  if (opening) {
    report.events = report.closed_seq = opening.closed_seq;
    [report.head_hash, report.recorded_at] = [opening.closed_hash, opening.closed_through];
    for (const bucket of BUCKETS) report.balances[bucket] = opening[`${bucket}_minor`];
  }
  return opening;
}

const sorted = (flat) => JSON.stringify(Object.entries(flat).sort(([one], [other]) => (one < other ? -1 : 1)));

function checkOpening(report, pieces, events, opening) {
  const told = events.filter((event) => event.type === "BOOKS_CLOSED").map((event) => sorted(JSON.parse(event.data)));
  const end = (piece) => Math.max(...piece.events.map((event) => event.seq));
  const last = pieces.reduce((one, other) => (end(other) > end(one) ? other : one));
  if (told.includes(sorted(opening))) report.opening = "told";
  else if ((last.next_cursor ?? null) !== null) report.opening = "untold";
  else throw new LawBroken("opening", report.closed_seq);
}

async function follow(report, event) {
  if (!report.player_id) [report.player_id, report.currency] = [event.player_id, event.currency];
  if (event.player_id !== report.player_id || event.currency !== report.currency) {
    throw new LawBroken("one_wallet", event.seq);
  }
  if (event.seq !== report.events + 1) throw new LawBroken("gapless", report.events + 1);
  if (event.prev_hash !== report.head_hash) throw new LawBroken("linked", event.seq);
  if ((await eventHash(event)) !== event.hash) throw new LawBroken("hash", event.seq);
  if (event.recorded_at < report.recorded_at) throw new LawBroken("time", event.seq);
  fold(report, event);
  [report.events, report.head_hash, report.recorded_at] = [event.seq, event.hash, event.recorded_at];
}

function fold(report, event) {
  const deltas = BUCKETS.map((bucket) => event[`${bucket}_delta`]);
  const up = deltas.reduce((sum, delta) => sum + Math.max(delta, 0), 0);
  const down = deltas.reduce((sum, delta) => sum + Math.max(-delta, 0), 0);
  if (Math.max(up, down) !== event.amount_minor) throw new LawBroken("amount", event.seq);
  BUCKETS.forEach((bucket, place) => {
    report.balances[bucket] += deltas[place];
    if (report.balances[bucket] !== event[`${bucket}_after`]) throw new LawBroken("fold", event.seq);
    const below = deltas[place] < 0 && report.balances[bucket] < 0;
    if (below && !MAY_GO_BELOW_ZERO.includes(event.type)) throw new LawBroken("never_negative", event.seq);
  });
  report.totals[event.type] = (report.totals[event.type] ?? 0) + event.amount_minor;
}

async function checkAnchors(report, events, files) {
  const published = new Map();
  for (const file of files) {
    if (Array.isArray(file.items)) file.items.forEach((anchor) => published.set(anchor.day, anchor));
    else if ("previous_hash" in file) published.set(file.day, file);
    else if (!("path" in file)) throw new LawBroken("format");
  }
  for (const day of [...published.keys()].sort()) {
    const anchor = published.get(day);
    const members = ["acme.anchor/1", ...ANCHORED.map((name) => anchor[name])];
    if ((await sha256(utf8(JSON.stringify(members)))) !== anchor.hash) throw new LawBroken("anchor_hash", day);
  }
  // A page of the list has no gap, newest first: each anchor names the one below it.
  for (const { items = [] } of files) {
    items.slice(1).forEach((older, place) => {
      const newer = items[place];
      const named = newer.previous === older.root && newer.previous_hash === older.hash;
      if (!named) throw new LawBroken("anchor_chain", newer.day);
    });
  }
  for (const file of files) if ("path" in file) await checkProof(report, events, file, published);
}

async function checkProof(report, events, proof, published) {
  const place = proof.seq - report.closed_seq;
  const stated = (place === 0 ? events[0].prev_hash : events[place - 1]?.hash) ?? null;
  const leaf = JSON.stringify([report.player_id, proof.seq, stated]);
  const isArchived = proof.seq < report.closed_seq;
  if (!isArchived && proof.leaf !== leaf) throw new LawBroken("leaf", proof.day);
  const root = await rootOf(proof);
  if (root === null || root !== proof.root) throw new LawBroken("path", proof.day);
  const anchor = published.get(proof.day);
  if (anchor) {
    if (root !== anchor.root || proof.leaves !== anchor.leaves) throw new LawBroken("root", proof.day);
    if (!isArchived) report.published.push(proof.day);
  }
  (isArchived ? report.archived : report.proved).push(proof.day);
}

const utf8 = (text) => new TextEncoder().encode(text);
const bytes = (hex) => Uint8Array.from(hex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

async function sha256(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The wallet object: one bet is one synchronous transaction over the object's SQLite. */

import { DurableObject } from "cloudflare:workers";
import { createHash, createHmac } from "node:crypto";

import { SCHEMA } from "./schema.js";
import { readBet, Refused, uuid7 } from "./shared.js";

const DAY_MS = 86_400_000;
const SAO_PAULO_OFFSET_MS = -3 * 3_600_000;
const IDLE_SESSION_MS = 30 * 60_000;
const ACTIVE_GAP_MS = 5 * 60_000;
const MAX_NONCES = 1_000;
const FAIR_WORDS = 2 ** 32 - (2 ** 32 % 10_000);
const GENESIS_HASH = "0".repeat(64);

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

export class WalletDO extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(SCHEMA);
  }

  open(playerId, sessionId) {
    const nowMs = Date.now();
    this.ctx.storage.transactionSync(() => {
      this.sql.exec("INSERT INTO meta (id, player_id, currency) VALUES (1, ?, 'BRL')", playerId);
      this.sql.exec("INSERT INTO limits VALUES ('loss', 'daily', 100000000), ('time', 'daily', 1440)");
      this.sql.exec(
        "INSERT INTO game_sessions VALUES (?, 'dice', 1, 9600, 10, 1000000, ?, ?)",
        sessionId,
        nowMs,
        nowMs,
      );
      const [seed, next] = [freshSeed(), freshSeed()];
      this.sql.exec(
        "INSERT INTO seeds VALUES (1, ?, ?, ?, 0, ?, ?, ?, NULL)",
        seed,
        sha256(seed),
        freshSeed().slice(0, 16),
        next,
        sha256(next),
        nowMs,
      );
      this.append({ seq: 0, hash: GENESIS_HASH, cash: 0 }, null, nowMs, [
        { id: uuid7(nowMs), type: "DEPOSIT", amount: 1e8, delta: 1e8, data: "{}" },
      ]);
    });
  }

  play(key, loginSessionId, bet, inForce) {
    try {
      return this.ctx.storage.transactionSync(() => this.decide(key, loginSessionId, bet, inForce));
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      return { status: refusal.status, replayed: false, body: refusal.code };
    }
  }

  decide(key, loginSessionId, bet, inForce) {
    const { sql } = this;
    const params = { over: bet.over, target: bet.target };
    const asked = ["play", { params, session_id: bet.sessionId, stake_minor: bet.stake }];
    const requestHash = sha256(JSON.stringify(asked));
    const [stored] = sql.exec("SELECT request_hash, status, response FROM commands WHERE idempotency_key = ?", key);
    if (stored !== undefined) {
      if (stored.request_hash !== requestHash) throw new Refused(409, "idempotency_key_conflict");
      return { status: stored.status, replayed: true, body: stored.response };
    }
    const [head] = sql.exec(
      `SELECT m.frozen_law, e.seq, e.hash, e.cash_after AS cash, e.recorded_at,
         EXISTS (SELECT 1 FROM revoked_sessions WHERE session_id = ?) AS revoked
       FROM meta m, events e WHERE m.id = 1 ORDER BY e.seq DESC LIMIT 1`,
      loginSessionId,
    );
    if (head === undefined) throw new Refused(404, "wallet_not_found");
    if (head.frozen_law !== null) throw new Refused(409, "wallet_frozen");
    if (head.revoked) throw new Refused(401, "session_expired");
    const nowMs = Math.max(Date.now(), head.recorded_at);
    const [session] = sql.exec("SELECT * FROM game_sessions WHERE session_id = ?", bet.sessionId);
    if (session === undefined) throw new Refused(404, "game_session_not_found");
    if (nowMs - session.last_active_at > IDLE_SESSION_MS) throw new Refused(409, "session_expired");
    const { game_id: gameId, game_version: gameVersion } = session;
    if (inForce[gameId] === undefined) throw new Refused(409, "game_disabled");
    if (inForce[gameId] !== gameVersion) throw new Refused(409, "game_version_retired");
    const seed = this.seed(nowMs);
    const rolled = roll(seed);
    const winning = bet.target * 100;
    const won = bet.over ? rolled >= 10_000 - winning : rolled < winning;
    const payout = won ? Math.floor((bet.stake * session.rtp_bps) / winning) : 0;
    if (bet.stake < session.min_stake_minor) throw new Refused(409, "stake_below_min");
    if (bet.stake > session.max_stake_minor) throw new Refused(409, "stake_above_max");

    const day = Math.floor((nowMs + SAO_PAULO_OFFSET_MS) / DAY_MS);
    const usage = this.usage(day, bet.stake, nowMs);
    if (bet.stake > head.cash) throw new Refused(409, "insufficient_funds");

    const fairness = { client_seed: seed.client_seed, nonce: seed.nonce, server_seed_hash: seed.server_seed_hash };
    const outcome = { roll: rolled, win: won };
    const told = { game_id: gameId, session_id: bet.sessionId };
    const [roundId, betId, winId] = [uuid7(nowMs), uuid7(nowMs), uuid7(nowMs)];
    const common = { round: roundId, version: String(gameVersion) };
    const after = this.append(head, key, nowMs, [
      {
        ...common,
        id: betId,
        type: "BET",
        amount: bet.stake,
        delta: -bet.stake,
        data: JSON.stringify({ fairness, ...told, params }),
      },
      {
        ...common,
        id: winId,
        type: "WIN",
        amount: payout,
        delta: payout,
        cause: betId,
        data: JSON.stringify({ ...told, outcome }),
      },
    ]);
    sql.exec(
      "INSERT INTO rounds VALUES (?, ?, ?, ?, 0, '[]', ?, 0, '[]', ?, ?, ?, ?)",
      roundId,
      head.seq + 1,
      head.seq + 2,
      bet.stake,
      payout,
      betId,
      winId,
      nowMs,
      nowMs,
    );
    sql.exec("UPDATE game_sessions SET last_active_at = ? WHERE session_id = ?", nowMs, bet.sessionId);
    sql.exec("UPDATE seeds SET nonce = ? WHERE number = ?", seed.nonce + 1, seed.number);
    sql.exec(
      `INSERT INTO daily VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (day) DO UPDATE SET
         wagered_minor = excluded.wagered_minor, won_minor = excluded.won_minor, bets = excluded.bets,
         play_ms = excluded.play_ms, last_bet_at = excluded.last_bet_at`,
      day,
      usage.wagered,
      usage.won + payout,
      usage.bets,
      usage.playMs,
      nowMs,
    );
    const body = JSON.stringify({
      round_id: roundId,
      status: "settled",
      game_id: gameId,
      game_version: gameVersion,
      stake_minor: bet.stake,
      payout_minor: payout,
      outcome,
      fairness,
      wallet: { cash_minor: after.cash, bonus_minor: 0, seq: after.seq },
      warnings: [],
    });
    sql.exec("INSERT INTO commands VALUES (?, ?, 201, ?, ?)", key, requestHash, body, after.seq);
    return { status: 201, replayed: false, body };
  }

  /** Today with the bet in it; refuses what a limit does not allow, the whole stake taken for lost. */
  usage(day, stake, nowMs) {
    const [today] = this.sql.exec("SELECT * FROM daily WHERE day = ?", day);
    const lastBetAt = today?.last_bet_at ?? 0;
    const gap = nowMs - lastBetAt;
    const usage = {
      wagered: (today?.wagered_minor ?? 0) + stake,
      won: today?.won_minor ?? 0,
      bets: (today?.bets ?? 0) + 1,
      playMs: (today?.play_ms ?? 0) + (lastBetAt > 0 && gap <= ACTIVE_GAP_MS ? gap : 0),
    };
    for (const { kind, value } of this.sql.exec("SELECT kind, value FROM limits WHERE period = 'daily'")) {
      if (kind === "time" && usage.playMs > value * 60_000) throw new Refused(409, "limit_time");
      if (kind === "wager" && usage.wagered > value) throw new Refused(409, "limit_wager");
      if (kind === "loss" && usage.wagered - usage.won > value) throw new Refused(409, "limit_loss");
    }
    return usage;
  }

  /** The seed in use, replaced by the one committed beside it when it has drawn often enough. */
  seed(nowMs) {
    const [seed] = this.sql.exec("SELECT * FROM seeds ORDER BY number DESC LIMIT 1");
    if (seed.nonce < MAX_NONCES) return seed;
    const next = freshSeed();
    this.sql.exec("UPDATE seeds SET revealed_at = ? WHERE number = ?", nowMs, seed.number);
    const [current] = this.sql.exec(
      "INSERT INTO seeds VALUES (?, ?, ?, ?, 0, ?, ?, ?, NULL) RETURNING *",
      seed.number + 1,
      seed.next_server_seed,
      seed.next_server_seed_hash,
      seed.client_seed,
      next,
      sha256(next),
      nowMs,
    );
    return current;
  }

  /** Appends events in one statement, each chained to the one before it; returns the new head. */
  append(head, key, nowMs, events) {
    let { seq, hash, cash } = head;
    const values = [];
    for (const { id, type, amount, delta, round = null, version = null, cause = null, data } of events) {
      seq += 1;
      cash += delta;
      const decided = [seq, id, type, 1, amount, delta, 0, 0, round, version, key, cause, nowMs, data];
      const chained = sha256(hash + JSON.stringify(decided));
      values.push(seq, id, type, 1, amount, delta, 0, 0, cash, 0, 0, round, version, key, cause, nowMs, data);
      values.push(hash, chained);
      hash = chained;
    }
    const places = `(${Array(19).fill("?").join(", ")})`;
    this.sql.exec(`INSERT INTO events VALUES ${Array(events.length).fill(places).join(", ")}`, ...values);
    return { seq, hash, cash };
  }

  // The WebSocket face: the same bet on a socket that hibernates.

  async fetch(request) {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    const inForce = JSON.parse(request.headers.get("x-in-force"));
    server.serializeAttachment({ loginSessionId: request.headers.get("x-session-id"), inForce });
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(socket, text) {
    const { id, idempotency_key: key, type, ...body } = JSON.parse(text);
    const { loginSessionId, inForce } = socket.deserializeAttachment();
    let answer;
    try {
      if (type !== "round") throw new Refused(422, "validation_failed");
      answer = this.play(key, loginSessionId, readBet(body), inForce);
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      answer = { status: refusal.status, body: refusal.code };
    }
    const rest = answer.status < 400 ? `,${answer.body.slice(1)}` : `,"code":${JSON.stringify(answer.body)}}`;
    socket.send(`{"id":${JSON.stringify(id)},"type":"round","status_code":${answer.status}${rest}`);
  }
}

function freshSeed() {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/** 0 … 9999, uniform: words of the HMAC stream, those that would bias it skipped. */
function roll({ server_seed: serverSeed, client_seed: clientSeed, nonce }) {
  for (let block = 0; ; block += 1) {
    const bytes = createHmac("sha256", serverSeed).update(`${clientSeed}:${nonce}:${block}`).digest();
    for (let start = 0; start < 32; start += 4) {
      const word = bytes.readUInt32BE(start);
      if (word < FAIR_WORDS) return word % 10_000;
    }
  }
}

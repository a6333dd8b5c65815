/**
 * The socket of live play (docs/live.md): bets go through it while it is open, over HTTP otherwise.
 *
 * Invariant: the socket is only a faster way for the same command. A bet has its idempotency key before it is
 * sent here; when no answer comes (cut, time-out, `refresh_required`, a failure of the house) nothing is
 * assumed, and `api.js` asks for it over HTTP under the same key. So a lost socket never costs a bet and never
 * makes it twice.
 */

import { ApiProblem, NoAnswer, renewSession, useTransport } from "./api.js";
import { isPresent, onReturn } from "./presence.js";
import { currentAccessToken, endSession, isSignedIn } from "./session.js";

const PROTOCOL = "acme.play.v1";
const PATIENCE_MS = 8_000;
const REOPEN_AFTER_MS = [500, 2_000, 5_000, 15_000, 30_000];
const ASK_OVER_HTTP = new Set(["refresh_required", "internal_error", "rate_limited", "malformed_json"]);
/** After these ends another socket would end the same way, or would push out a socket of another page. */
const STAY_CLOSED = new Set(["excluded", "paused", "impeded", "wallet_frozen", "replaced", "rate_limited", "too_slow"]);

let socket = null;
let wanted = false;
let failures = 0;
let timer = null;
let number = 0;
const waiting = new Map();
let listener = () => {};

export const isLive = () => socket?.readyState === WebSocket.OPEN;

/** `onPush(message)` hears what the server says unasked: balance, limit_warning, reality_check, session_end. */
export function startLive(onPush) {
  listener = onPush;
  useTransport(play);
  document.addEventListener("visibilitychange", () => wanted && openLive());
  addEventListener("online", () => wanted && openLive());
  onReturn(comeBack);
}

/** Whoever was away when the token ended gets a new one, and the socket that ended with it. */
async function comeBack() {
  if (!wanted || socket || !isSignedIn()) return;
  try {
    await renewSession();
  } catch {
    return; // The next request says what is wrong.
  }
  openLive();
}

/** Have a socket from now on, if one can be had; harmless when there is one. */
export function openLive() {
  wanted = true;
  clearTimeout(timer);
  if (socket || !isSignedIn() || document.visibilityState === "hidden") return;
  const url = `${location.origin.replace(/^http/u, "ws")}/v1/play`;
  const opening = new WebSocket(url, [PROTOCOL, `bearer.${currentAccessToken()}`]);
  socket = opening;
  document.body.dataset.live = "opening";
  opening.addEventListener("open", () => {
    failures = 0;
    document.body.dataset.live = "open";
  });
  opening.addEventListener("message", (event) => socket === opening && hear(event.data));
  opening.addEventListener("close", (event) => socket === opening && lost(event));
}

export function closeLive() {
  wanted = false;
  clearTimeout(timer);
  const open = socket;
  forget();
  open?.close(1000);
}

function forget() {
  socket = null;
  document.body.dataset.live = "closed";
  for (const { reject } of waiting.values()) reject(new NoAnswer());
  waiting.clear();
}

function hear(text) {
  const message = JSON.parse(text);
  if (!("id" in message)) {
    listener(message);
    return;
  }
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  asked?.resolve(message);
}

/** The socket has ended; whoever waits for an answer asks over HTTP. */
async function lost({ code, reason }) {
  const never = code === 1006 && document.body.dataset.live === "opening";
  forget();
  if (!wanted || STAY_CLOSED.has(reason)) {
    wanted = false;
    return;
  }
  if (reason === "session_revoked") {
    endSession(reason);
    return;
  }
  // A browser does not say why an upgrade was refused: most often the access token is over.
  if (reason === "token_expired" && !isPresent()) return;
  if ((reason === "token_expired" || never) && isSignedIn() && document.visibilityState !== "hidden") {
    try {
      if (reason === "token_expired" || failures === 0) await renewSession();
    } catch {
      // Without a new token the next request over HTTP says what is wrong.
    }
  }
  const wait = reason === "token_expired" ? 0 : REOPEN_AFTER_MS[Math.min(failures, REOPEN_AFTER_MS.length - 1)];
  failures += 1;
  if (wanted && isSignedIn()) timer = setTimeout(openLive, wait);
}

function ask(members) {
  const id = (number += 1);
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    setTimeout(() => {
      if (waiting.delete(id)) reject(new NoAnswer());
    }, PATIENCE_MS);
    socket.send(JSON.stringify({ id, ...members }));
  });
}

/**
 * A command over the socket: its answer with the members that HTTP would give, `null` when it cannot go this
 * way at all. Throws `ApiProblem` when it was refused, `NoAnswer` when its outcome is unknown.
 */
async function play({ kind, body, key }) {
  if (kind !== "round" || !isLive()) return null;
  const { id, type, replayed, ...answer } = await ask({ type: "round", idempotency_key: key, ...body });
  if (type !== "problem") return answer;
  if (ASK_OVER_HTTP.has(answer.code)) throw new NoAnswer();
  throw new ApiProblem(answer.status, answer);
}

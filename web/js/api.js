/**
 * The only way from these pages to the API: JSON over fetch, same origin, problems as exceptions.
 *
 * Invariant: a command that moves money is sent with an idempotency key that was stored before the first
 * attempt, and every repetition of it carries the same key. When no answer came, nothing is assumed: the
 * command stays stored as pending, and asking again with its key settles it without moving money twice.
 */

import { locale } from "./i18n.js";
import { isPresent } from "./presence.js";
import { currentAccessToken, endSession, refreshOnce, startSession, storedRefreshToken } from "./session.js";

const PENDING_SLOT = "acme.pending";
const RETRY_AFTER_MS = [300, 900, 2_000];
const RENEWABLE = new Set(["token_missing", "token_invalid", "token_expired"]);
const ENDED = new Set(["session_revoked", "reauth_required"]);
const PLACE_TO_CHECK = new Set(["stale", "address_changed"]);
const UNSETTLED_STATUSES = new Set([500, 502, 503, 504]);

/** The API refused, with a problem of RFC 9457: `code` is stable, `problem` is the whole document. */
export class ApiProblem extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `status ${status}`);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.problem = problem;
  }
}

/** No answer came: nothing is known about the command's effect. */
export class NoAnswer extends Error {
  constructor() {
    super("no answer");
    this.code = "no_answer";
    this.problem = {};
  }
}

async function once(method, path, { body, key, token } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": locale() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    text = await response.text();
  } catch {
    throw new NoAnswer();
  }
  const parsed = parseObject(text);
  if (!response.ok) throw new ApiProblem(response.status, parsed);
  return parsed;
}

function parseObject(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function exchangeRefreshToken(refreshToken) {
  return once("POST", "/v1/auth/refresh", { body: { refresh_token: refreshToken } });
}

/** Send with the access token; when it has expired, or the place must be checked again, do that once and send again. */
async function withToken(method, path, options = {}) {
  try {
    return await once(method, path, { ...options, token: currentAccessToken() });
  } catch (error) {
    if (ENDED.has(error.code)) endSession(error.code);
    if (error.code === "geo_blocked" && PLACE_TO_CHECK.has(error.problem.reason)) {
      await once("POST", "/v1/me/location", { token: currentAccessToken() });
    } else if (RENEWABLE.has(error.code) && storedRefreshToken()) {
      await renewSession();
    } else {
      throw error;
    }
  }
  return once(method, path, { ...options, token: currentAccessToken() });
}

/**
 * A new access token; signs out when the session is over. While nobody is there nothing is renewed, and what the
 * page asked for by itself stays without an answer.
 */
export async function renewSession() {
  if (!isPresent()) throw new NoAnswer();
  try {
    await refreshOnce(exchangeRefreshToken);
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) endSession(error.code);
    throw error;
  }
}

/** Sign in again after a reload with what sessionStorage kept; false when nothing usable is there. */
export async function resumeSession() {
  if (!storedRefreshToken()) return false;
  try {
    await renewSession();
    return true;
  } catch {
    return false;
  }
}

export const readPublic = (path) => once("GET", path);
export const read = (path) => withToken("GET", path);
export const register = (form) => once("POST", "/v1/players", { body: form });

/** `otp` is a code of the authenticator app, or a recovery code; it is sent only when it was written. */
export async function logIn(email, password, otp = "") {
  const body = otp === "" ? { email, password } : { email, password, otp };
  const session = await once("POST", "/v1/auth/login", { body });
  if (session.scope === "enrol") location.hash = "#/security";
  startSession(session);
}

/** The session ends here whether or not the API can be told. */
export async function logOut() {
  const refreshToken = storedRefreshToken();
  const token = currentAccessToken();
  endSession();
  try {
    await once("POST", "/v1/auth/logout", { body: { refresh_token: refreshToken }, token });
  } catch (error) {
    if (!(error instanceof ApiProblem || error instanceof NoAnswer)) throw error;
  }
}

/** A command that moves no money: sent once, under a key of its own. */
export const act = (path, body, method = "POST") => withToken(method, path, { body, key: newKey() });

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

let transport = null;

/** `send(command)` may answer a command faster than HTTP: the answer, or null when it cannot take it. */
export function useTransport(send) {
  transport = send;
}

const underWay = new Set();

function stored() {
  return JSON.parse(sessionStorage.getItem(PENDING_SLOT) ?? "[]");
}

/** Commands that were sent and never answered, oldest first: `{key, path, body, kind}`. */
export const pendingCommands = () => stored().filter(({ key }) => !underWay.has(key));

const store = (commands) => sessionStorage.setItem(PENDING_SLOT, JSON.stringify(commands));
const remember = (command) => store([...stored(), command]);
const forget = (key) => store(stored().filter((command) => command.key !== key));

const isUnsettled = (error) =>
  error instanceof NoAnswer || (error instanceof ApiProblem && UNSETTLED_STATUSES.has(error.status));

/** Send a money command; the answer, or `ApiProblem` when it was refused, or `NoAnswer` when unknown. */
export function command(kind, path, body) {
  const fresh = { key: newKey(), path, body, kind };
  remember(fresh);
  return settle(fresh);
}

/** Ask (again) for the outcome of a command, always with its own key. */
export async function settle(command) {
  underWay.add(command.key);
  try {
    return await settleByKey(command);
  } finally {
    underWay.delete(command.key);
  }
}

async function settleByKey({ kind, key, path, body }) {
  const settled = await askTransport({ kind, key, body });
  if (settled) return settled;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await withToken("POST", path, { body, key });
      forget(key);
      return answer;
    } catch (error) {
      if (!isUnsettled(error)) {
        forget(key);
        throw error;
      }
      if (attempt === RETRY_AFTER_MS.length) throw new NoAnswer();
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS[attempt]));
    }
  }
}

/** What the transport answers; null when HTTP must be asked, under the same key: the wallet knows what was done. */
async function askTransport({ kind, key, body }) {
  try {
    const answer = (await transport?.({ kind, key, body })) ?? null;
    if (answer) forget(key);
    return answer;
  } catch (error) {
    if (isUnsettled(error)) return null;
    forget(key);
    throw error;
  }
}

/** Nothing of one person's commands is left for the next person in the same tab. */
export const forgetPending = () => sessionStorage.removeItem(PENDING_SLOT);

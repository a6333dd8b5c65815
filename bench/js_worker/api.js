/** The public Worker: token, body, one call to the wallet object, one line to the log. */

import { readBet, Refused, uuid7 } from "./shared.js";

const KEY = /^[\x21-\x7e]{1,255}$/;
const MAX_CACHED_TOKENS = 4096;
const IN_FORCE = { dice: 1 };
const verified = new Map();
let verifyKey;

export default {
  async fetch(request, env) {
    const nowMs = Date.now();
    const { pathname } = new URL(request.url);
    const requestId = request.headers.get("x-request-id") ?? uuid7(nowMs);
    const line = { method: request.method, request_id: requestId, route: pathname };
    const headers = {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "X-Request-Id": requestId,
    };
    let status;
    let body;
    try {
      if (pathname === "/v1/play") return await play(request, env, nowMs);
      if (pathname === "/bench/wallets") return await open(request, env);
      if (pathname !== "/v1/me/rounds" || request.method !== "POST") throw new Refused(404, "not_found");
      const principal = await authenticate(request, env, nowMs);
      line.subject = principal.playerId;
      const key = request.headers.get("idempotency-key");
      if (key === null || !KEY.test(key)) throw new Refused(400, "idempotency_key_required");
      const bet = readBet(await json(request));
      const answer = await env.WALLET.getByName(principal.playerId).play(key, principal.sessionId, bet, IN_FORCE);
      ({ status, body } = answer);
      if (status >= 400) throw new Refused(status, body);
      if (answer.replayed) headers["Idempotency-Replayed"] = "true";
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      status = refusal.status;
      headers["Content-Type"] = "application/problem+json";
      body = JSON.stringify({ status, code: refusal.code, request_id: requestId });
    }
    line.status = status;
    line.ms = Date.now() - nowMs;
    console.log(JSON.stringify(line));
    return new Response(body, { status, headers });
  },
};

async function play(request, env, nowMs) {
  const principal = await authenticate(request, env, nowMs);
  const headers = new Headers(request.headers);
  headers.set("x-session-id", principal.sessionId);
  headers.set("x-in-force", JSON.stringify(IN_FORCE));
  return env.WALLET.getByName(principal.playerId).fetch(new Request(request, { headers }));
}

/** Only the benchmark asks for this: a funded wallet with a game session. */
async function open(request, env) {
  const { player_id: playerId, session_id: sessionId } = await request.json();
  await env.WALLET.getByName(playerId).open(playerId, sessionId);
  return new Response(null, { status: 201 });
}

async function json(request) {
  try {
    return JSON.parse(await request.text());
  } catch {
    throw new Refused(400, "malformed_json");
  }
}

async function authenticate(request, env, nowMs) {
  const authorization = request.headers.get("authorization") ?? "";
  if (!authorization.startsWith("Bearer ")) throw new Refused(401, "token_missing");
  const token = authorization.slice(7);
  let principal = verified.get(token);
  if (principal === undefined) {
    principal = await verify(token, env);
    if (verified.size >= MAX_CACHED_TOKENS) verified.delete(verified.keys().next().value);
    verified.set(token, principal);
  }
  if (nowMs >= principal.expiresMs) throw new Refused(401, "token_expired");
  return principal;
}

async function verify(token, env) {
  const [head, claims, signature, ...rest] = token.split(".");
  if (signature === undefined || rest.length > 0) throw new Refused(401, "token_invalid");
  verifyKey ??= await crypto.subtle.importKey(
    "raw",
    Uint8Array.fromHex(env.TOKEN_KEY),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const signed = new TextEncoder().encode(`${head}.${claims}`);
  if (!(await crypto.subtle.verify("HMAC", verifyKey, decoded(signature), signed))) {
    throw new Refused(401, "token_invalid");
  }
  const { alg } = JSON.parse(new TextDecoder().decode(decoded(head)));
  const { iss, aud, sub, sid, exp } = JSON.parse(new TextDecoder().decode(decoded(claims)));
  if (alg !== "HS256" || iss !== "https://acme.example/api" || aud !== "acme:player") {
    throw new Refused(401, "token_invalid");
  }
  return { playerId: sub, sessionId: sid, expiresMs: exp * 1000 };
}

function decoded(base64url) {
  return Uint8Array.fromBase64(base64url, { alphabet: "base64url" });
}

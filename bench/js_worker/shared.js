/** What both Workers need: ids, the refusal, the reading of a bet. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** RFC 9562 §5.7. */
export function uuid7(nowMs) {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const time = nowMs.toString(16).padStart(12, "0");
  const a = HEX[0x70 | (bytes[0] & 0x0f)] + HEX[bytes[1]];
  const b = HEX[0x80 | (bytes[2] & 0x3f)] + HEX[bytes[3]];
  let c = "";
  for (let i = 4; i < 10; i += 1) c += HEX[bytes[i]];
  return `${time.slice(0, 8)}-${time.slice(8)}-${a}-${b}-${c}`;
}

/** The bet of a parsed body; everything is checked, nothing unknown is let through. */
export function readBet(body) {
  const { session_id: sessionId, stake_minor: stake, params, ...rest } = body ?? {};
  const { target, over, ...more } = params ?? {};
  const valid =
    typeof sessionId === "string" &&
    UUID.test(sessionId) &&
    Number.isSafeInteger(stake) &&
    stake >= 1 &&
    Number.isInteger(target) &&
    target >= 2 &&
    target <= 98 &&
    typeof over === "boolean" &&
    Object.keys(rest).length === 0 &&
    Object.keys(more).length === 0;
  if (!valid) throw new Refused(422, "validation_failed");
  return { sessionId, stake, target, over };
}

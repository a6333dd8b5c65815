/**
 * Whether somebody is at the page: a session that nobody uses ends after half an hour (docs/sessions.md).
 *
 * Invariant: what the page does by itself, reading again or opening a socket, never keeps a session alive; only
 * what a person does renews it.
 */

const AWAY_AFTER_MS = 120_000;
/** Screen readers, voices and switches activate what they mean without a pointer or a key. */
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input", "click", "submit", "focusin"];

let seenAt = Date.now();
const listeners = new Set();

export const isPresent = () => Date.now() - seenAt < AWAY_AFTER_MS;

/** `listener()` runs at the first sign of a person who was away. */
export function onReturn(listener) {
  listeners.add(listener);
}

function note(event) {
  if (!event.isTrusted) return;
  const wasAway = !isPresent();
  seenAt = Date.now();
  if (wasAway) for (const listener of listeners) listener();
}

export function startPresence() {
  for (const sign of SIGNS) addEventListener(sign, note, { capture: true, passive: true });
}

/**
 * Who is signed in, in this tab only.
 *
 * Invariant: the access token lives in memory and nowhere else; the refresh token lives in sessionStorage,
 * so that reloading the page keeps the person signed in and closing the tab does not. A refresh token is
 * used once: whoever asks while a refresh is under way waits for the same one.
 */

const REFRESH_SLOT = "acme.refresh";

let accessToken = null;
let refreshing = null;
const listeners = new Set();

export const currentAccessToken = () => accessToken;
export const storedRefreshToken = () => sessionStorage.getItem(REFRESH_SLOT);
export const isSignedIn = () => accessToken !== null;

/** `listener(signedIn, reason)` is called whenever somebody signs in or out. */
export function onSessionChange(listener) {
  listeners.add(listener);
}

export function startSession({ access_token: access, refresh_token: refresh }) {
  const wasSignedIn = isSignedIn();
  accessToken = access;
  sessionStorage.setItem(REFRESH_SLOT, refresh);
  if (!wasSignedIn) for (const listener of listeners) listener(true, null);
}

export function endSession(reason = null) {
  const wasSignedIn = isSignedIn() || storedRefreshToken() !== null;
  accessToken = null;
  sessionStorage.removeItem(REFRESH_SLOT);
  if (wasSignedIn) for (const listener of listeners) listener(false, reason);
}

/** Run `exchange(refreshToken)` once for everybody who asks at the same time. */
export function refreshOnce(exchange) {
  refreshing ??= exchange(storedRefreshToken())
    .then(startSession)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

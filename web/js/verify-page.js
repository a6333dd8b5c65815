/** The stand-alone verifier. Invariant: it makes no request after its own files have been loaded. */

import { boundary, formatRoll, payoutMinor, TARGET_MAX, TARGET_MIN } from "./dice-math.js";
import { byId, show } from "./dom.js";
import { canVerify, commitmentOf, diceRoll, diceWins, SeedError } from "./fairness.js";
import { mark } from "./forms.js";
import { locale, onLanguageChange, startLanguage, t } from "./i18n.js";
import { formatMinor, parseMinor } from "./money.js";
import { placeNeedle, placeZone } from "./views/ruler.js";

const RTP_MIN_BPS = 8_000;
const RTP_MAX_BPS = 9_900;
const INPUT_OF = { server_seed: "server-seed", client_seed: "client-seed", nonce: "nonce" };

let shown = null;

/** The typed round, or null after marking what is wrong. Percent with two decimals parses like money. */
function typedRound() {
  const round = {
    serverSeed: byId("server-seed").value.trim(),
    promised: byId("seed-hash").value.trim().toLowerCase(),
    clientSeed: byId("client-seed").value,
    nonce: byId("nonce").valueAsNumber,
    params: { target: byId("target").valueAsNumber, over: byId("over").value === "true" },
    stakeMinor: parseMinor(byId("stake").value),
    rtpBps: parseMinor(byId("rtp").value),
  };
  const { target } = round.params;
  const faults = {
    target: !(Number.isInteger(target) && target >= TARGET_MIN && target <= TARGET_MAX) && "verify.bad_target",
    stake: !round.stakeMinor && "verify.bad_stake",
    rtp: !(round.rtpBps >= RTP_MIN_BPS && round.rtpBps <= RTP_MAX_BPS) && "verify.bad_rtp",
  };
  for (const [id, key] of Object.entries(faults)) mark(byId(id), key ? t(key) : null);
  for (const id of Object.values(INPUT_OF)) mark(byId(id), null);
  return Object.values(faults).some(Boolean) ? null : round;
}

async function verify(event) {
  event.preventDefault();
  show(byId("verify-problem"), !canVerify());
  if (!canVerify()) {
    byId("verify-problem").textContent = t("fairness.no_crypto");
    return;
  }
  const round = typedRound();
  if (!round) return;
  try {
    const roll = await diceRoll(round.serverSeed, round.clientSeed, round.nonce);
    shown = { ...round, roll, commitment: await commitmentOf(round.serverSeed) };
    draw();
  } catch (error) {
    if (!(error instanceof SeedError)) throw error;
    const input = byId(INPUT_OF[error.field]);
    mark(input, t(`verify.bad_${error.field}`));
    input.focus();
  }
}

function draw() {
  if (!shown) return;
  const { roll, params, stakeMinor, rtpBps, commitment, promised } = shown;
  const win = diceWins(roll, params);
  const payout = win ? payoutMinor(stakeMinor, params.target, rtpBps) : 0;
  const bound = boundary(params);
  show(byId("result"), true);
  byId("result-roll").textContent = formatRoll(roll, locale());
  placeZone(byId("result-ruler"), params.over ? { from: bound, to: 10_000, bound } : { from: 0, to: bound, bound });
  placeNeedle(byId("result-ruler"), roll);
  byId("result-payout").textContent = t(win ? "verify.won" : "verify.lost", { payout: formatMinor(payout, locale()) });
  byId("result-hash").textContent = t("verify.hash_value", { hash: commitment });
  const verdict = byId("result-hash-verdict");
  const kept = promised === commitment;
  verdict.dataset.state = kept ? "proven" : "refuted";
  verdict.textContent = promised === "" ? "" : t(kept ? "verify.hash_ok" : "verify.hash_bad");
}

startLanguage();
onLanguageChange(draw);
byId("verify").addEventListener("submit", verify);

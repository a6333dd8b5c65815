/** A roll to play with before there is an account: computed here, from a published server seed. */

import { formatRoll } from "../dice-math.js";
import { byId } from "../dom.js";
import { canVerify, commitmentOf, diceRoll, SeedError } from "../fairness.js";
import { locale, t } from "../i18n.js";
import { placeNeedle } from "./ruler.js";

// SHA-256 of "AcmeToCasino": nothing hidden up a sleeve, and never used for a wager.
const PUBLISHED_SEED = "52511dfe63052c46f063136bace2a90009c4a58a7b5677649e8f3e495db9702a";

let newest = 0;

export async function drawSpecimen() {
  const turn = (newest += 1);
  const out = byId("specimen-roll");
  const note = byId("specimen-hash");
  if (!canVerify()) {
    note.textContent = t("fairness.no_crypto");
    return;
  }
  try {
    const roll = await diceRoll(PUBLISHED_SEED, byId("specimen-seed").value, byId("specimen-nonce").valueAsNumber);
    const hash = await commitmentOf(PUBLISHED_SEED);
    if (turn !== newest) return;
    out.textContent = formatRoll(roll, locale());
    note.textContent = t("specimen.seed_hash", { hash: `${hash.slice(0, 16)}…` });
    placeNeedle(byId("specimen-ruler"), roll);
  } catch (error) {
    if (!(error instanceof SeedError)) throw error;
    out.textContent = "–";
    note.textContent = t("specimen.bad");
  }
}

export function startSpecimen() {
  byId("specimen-seed").addEventListener("input", drawSpecimen);
  byId("specimen-nonce").addEventListener("input", drawSpecimen);
}

/** Refusals of the API in the person's language, by their stable code. */

import { ApiProblem } from "./api.js";
import { has, t } from "./i18n.js";

/** One sentence for a person; the request id comes along where only the house can help. */
export function explain(error) {
  const key = `problem.${error.code}`;
  if (has(key)) return t(key, { retry_after: error.problem?.retry_after ?? "" });
  if (error instanceof ApiProblem) {
    const id = error.problem.request_id ?? "–";
    return t(error.status >= 500 ? "problem.house" : "problem.other", { code: error.code, id });
  }
  throw error;
}

/** Names of the fields that did not validate, as the API located them: ["address.city", …]. */
export function invalidFields(error) {
  const errors = error instanceof ApiProblem ? (error.problem.errors ?? []) : [];
  return errors.map((entry) => fieldName(entry)).filter(Boolean);
}

function fieldName(entry) {
  const where = entry.field ?? entry.loc ?? entry.pointer ?? "";
  const parts = Array.isArray(where) ? where : String(where).split(/[./]/u);
  return parts.filter((part) => part !== "" && part !== "body" && part !== "#").join(".");
}

/** Put a refusal where the person looks, and where a screen reader announces it. */
export function showProblem(place, error) {
  place.textContent = explain(error);
  place.hidden = false;
}

export function clearProblem(place) {
  place.textContent = "";
  place.hidden = true;
}

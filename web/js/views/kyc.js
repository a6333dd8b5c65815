/**
 * Documents that show who the player is: sent from a file or the camera, each with what became of it.
 *
 * A file goes from the input to the API and nowhere else: it is not stored, not previewed and not kept
 * when the person leaves. Sending the same file again is harmless, so a lost answer is asked for again.
 */

import { act, read } from "../api.js";
import { byId, h, show, whileBusy } from "../dom.js";
import { mark } from "../forms.js";
import { has, locale, t, TIME_ZONE, translate } from "../i18n.js";
import { clearProblem, showProblem } from "../problems.js";

const KINDS = ["id_front", "id_back", "selfie", "proof_of_address"];
const PICTURES = ["image/jpeg", "image/png"];
const MAX_BYTES = 5 * 1024 * 1024;
const STATE_OF = { accepted: "proven", rejected: "refuted", expired: "refuted" };

let kyc = null;

const typesOf = (kind) => (kind === "selfie" ? PICTURES : [...PICTURES, "application/pdf"]);
const newestOf = (kind) => (kyc?.documents ?? []).findLast((one) => one.kind === kind && one.status !== "replaced") ?? null;
const day = (time) => new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeZone: TIME_ZONE }).format(new Date(time));
const part = (kind, name) => byId(`document-${kind}-${name}`);

/** A file's bytes in base64, as the API takes them. */
function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

function fileField(kind, name, capture) {
  const accept = (capture ? PICTURES : typesOf(kind)).join(",");
  const input = h("input", { type: "file", id: `document-${kind}-${name}`, accept, capture });
  input.addEventListener("change", () => {
    mark(input, null);
    if (input.files.length > 0) part(kind, name === "file" ? "camera" : "file").value = "";
  });
  return h("label", { class: `field from-${name}` }, h("span", { "data-i18n": `documents.${name}` }), input);
}

function card(kind) {
  const form = h("form", { novalidate: true },
    fileField(kind, "file", null),
    fileField(kind, "camera", kind === "selfie" ? "user" : "environment"),
    h("p", { class: "problem", role: "alert", id: `document-${kind}-problem`, hidden: true }),
    h("button", { type: "submit", "data-i18n": "documents.send" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(form.querySelector("[type=submit]"), () => send(kind));
  });
  return h("article", { class: "card document", id: `document-${kind}` },
    h("div", { class: "card-head" },
      h("h2", { "data-i18n": `document_kind.${kind}` }),
      h("span", { class: "badge", id: `document-${kind}-state` })),
    h("p", { class: "hint", "data-i18n": `document_hint.${kind}` }),
    h("p", { class: "hint", id: `document-${kind}-told`, role: "status" }),
    form);
}

/** The chosen file when it can be sent; otherwise its field says why not. */
function chosen(kind) {
  const inputs = [part(kind, "file"), part(kind, "camera")];
  const input = inputs.find((one) => one.files.length > 0) ?? inputs[0];
  const file = input.files[0];
  let wrong = null;
  if (!file) wrong = t("documents.none_chosen");
  else if (!typesOf(kind).includes(file.type)) wrong = t(kind === "selfie" ? "documents.wrong_picture" : "documents.wrong_type");
  else if (file.size > MAX_BYTES) wrong = t("problem.document_too_large");
  mark(input, wrong);
  if (wrong) input.focus();
  return wrong ? null : file;
}

async function send(kind) {
  const problem = part(kind, "problem");
  clearProblem(problem);
  const file = chosen(kind);
  if (!file) return;
  try {
    await act("/v1/me/kyc/documents", { kind, content_type: file.type, content_base64: await base64Of(file) });
    for (const name of ["file", "camera"]) part(kind, name).value = "";
    await openDocuments();
  } catch (error) {
    showProblem(problem, error);
  }
}

function drawCard(kind) {
  const known = newestOf(kind);
  const badge = part(kind, "state");
  badge.textContent = t(`document_state.${known?.status ?? "missing"}`);
  badge.dataset.state = STATE_OF[known?.status] ?? "";
  const reason = known?.reason && has(`kyc_reason.${known.reason}`) ? t(`kyc_reason.${known.reason}`) : "";
  const sent = known ? t("documents.sent_on", { day: day(known.submitted_at) }) : "";
  part(kind, "told").textContent = [sent, reason].filter(Boolean).join(" ");
}

export function drawDocuments() {
  if (!kyc) return;
  const verdict = byId("kyc-status");
  verdict.dataset.state = { approved: "proven", rejected: "refuted", expired: "refuted" }[kyc.status] ?? "";
  verdict.textContent = [t(`kyc_status.${kyc.status}`),
    kyc.expires_at ? t("documents.valid_until", { day: day(kyc.expires_at) }) : ""].filter(Boolean).join(" ");
  const missing = kyc.next.missing.map((kind) => t(`document_kind.${kind}`));
  const list = new Intl.ListFormat(locale(), { type: "conjunction" }).format(missing);
  byId("kyc-missing").textContent = missing.length > 0 ? t(kyc.next.level === 2 ? "documents.optional" : "documents.missing", { list }) : "";
  show(byId("kyc-missing"), missing.length > 0);
  KINDS.forEach(drawCard);
}

export async function openDocuments() {
  kyc = await read("/v1/me/kyc");
  drawDocuments();
}

export function startDocuments() {
  byId("document-cards").replaceChildren(...KINDS.map(card));
  translate(byId("document-cards"));
}

/** Nothing of one person's documents, chosen or sent, is left for the next one. */
export function clearDocuments() {
  kyc = null;
  for (const id of ["kyc-status", "kyc-missing"]) byId(id).textContent = "";
  startDocuments();
}

import { Outbox } from "./outbox.js";

// The page holds the item under review and the one after it, already rendered in a
// <template>; a decision swaps them at once while the outbox saves it.
const page = document.querySelector("[data-review]");
const current = document.querySelector("#current");
const notice = document.querySelector("#save-notice");
const { nextUrl, decideUrl, undoUrl, token, pauseAfter } = page.dataset;
const headers = { "X-CSRFToken": token };
let ahead = null;
let shownAt = performance.now();

const outbox = new Outbox({
  url: decideUrl,
  token,
  onChange({ waiting, failures, refused }) {
    if (failures) notice.textContent = page.dataset.textRetry.replace("%s", waiting);
    if (refused) notice.textContent = page.dataset.textRefused;
    notice.hidden = !failures && !refused;
    page.dataset.unsaved = waiting;
  },
});

const alertId = () => current.querySelector("[data-alert]")?.dataset.alert;

async function prefetch() {
  const url = new URL(nextUrl, location.href);
  // Neither the item on the screen nor one whose decision is still on its way.
  for (const alert of [alertId(), ...outbox.entries.map((entry) => entry.alert)])
    if (alert) url.searchParams.append("besides", alert);
  const answer = await fetch(url, { headers, redirect: "error" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}

function lookAhead() {
  ahead = prefetch().catch(() => null);
}

async function show(html) {
  current.innerHTML = html; // rendered and escaped by the server
  shownAt = performance.now();
  current.querySelector("h1")?.focus();
  scrollTo(0, 0);
  if (alertId()) lookAhead();
}

async function advance() {
  const html = (await ahead) ?? (await prefetch().catch(() => null));
  if (html === null) location.reload();
  else await show(html);
}

let busy = false;
async function decide(verdict) {
  const alert = alertId();
  if (!alert || busy) return;
  busy = true; // a held key must not decide the next item too
  outbox.add({ alert, verdict, seconds: ((performance.now() - shownAt) / 1000).toFixed(1) });
  const count = document.querySelector("#decided");
  if (verdict !== "skip") count.textContent = Number(count.textContent) + 1;
  document.querySelector("#pause").hidden =
    !Number(pauseAfter) || Number(count.textContent) % Number(pauseAfter) !== 0 || count.textContent === "0";
  await advance();
  busy = false;
}

async function undo() {
  await outbox.flush();
  if (outbox.entries.length) return; // the last decision is not saved yet
  const answer = await fetch(undoUrl, { method: "POST", headers, redirect: "error" });
  if (!answer.ok) return;
  const count = document.querySelector("#decided");
  count.textContent = Math.max(0, Number(count.textContent) - 1);
  await show(await answer.text());
}

const help = document.querySelector("#help");
const actions = {
  violates: () => decide("violates"),
  does_not_violate: () => decide("does_not_violate"),
  cannot_tell: () => decide("cannot_tell"),
  skip: () => decide("skip"),
  undo,
  help: () => (help.open ? help.close() : help.showModal()),
};

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select")) return;
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button || (help.open && button.dataset.action !== "help")) return;
  event.preventDefault();
  actions[button.dataset.action]();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action]();
  const cover = event.target.closest("button.sensitive");
  if (cover) cover.setAttribute("aria-pressed", cover.getAttribute("aria-pressed") !== "true");
});

addEventListener("beforeunload", (event) => {
  if (outbox.entries.length) event.preventDefault();
});

outbox.flush();
if (alertId()) lookAhead();

import { Lease } from "./lease.js";
import { Outbox, signedOut } from "./outbox.js";
import { Reasons } from "./reasons.js";

// The page holds the item under review and the one after it, fetched ahead; a decision
// swaps them at once while the outbox saves it.
const page = document.querySelector("[data-review]");
const current = document.querySelector("#current");
const decided = document.querySelector("#decided");
const notice = document.querySelector("#save-notice");
const { nextUrl, decideUrl, undoUrl, token, pauseAfter, leaseSeconds } = page.dataset;
const headers = { "X-CSRFToken": token };
const lease = new Lease(Number(leaseSeconds), performance.timeOrigin);
const reasons = new Reasons(current);
let ahead = null;
let shownAt = performance.now();
let busy = false;
let loggedOut = false;

// One notice at a time; the newest wins, and only what it told of takes it away again.
let told = "";
function tell(kind, text = page.dataset[kind]) {
  told = kind;
  notice.querySelector("span").textContent = text;
  notice.querySelector("a").hidden = !loggedOut;
  notice.hidden = false;
}

function untell(...kinds) {
  if (kinds.includes(told)) notice.hidden = true;
}

function endSession() {
  loggedOut = true;
  tell("textLoggedOut");
}

const outbox = new Outbox({
  url: decideUrl,
  token,
  onChange({ waiting, failures, refused, ended }) {
    page.dataset.unsaved = waiting;
    if (ended) endSession();
    else if (refused) tell("textRefused");
    else if (failures) tell("textRetry", page.dataset.textRetry.replace("{n}", waiting));
    else untell("textRetry");
  },
});

const alertId = () => current.querySelector("[data-alert]")?.dataset.alert;

// Leases the item after this one, and renews the leases on this one and on those whose
// decision is still on its way. Gives null where the server did not answer.
async function prefetch() {
  const url = new URL(nextUrl, location.href);
  for (const alert of [alertId(), ...outbox.entries.map((entry) => entry.alert)])
    if (alert) url.searchParams.append("besides", alert);
  const sentAt = Date.now();
  try {
    const answer = await fetch(url, { headers, redirect: "manual" });
    if (signedOut(answer)) endSession();
    if (!answer.ok) return null;
    const html = await answer.text();
    lease.renewed(sentAt);
    return html;
  } catch {
    return null; // offline
  }
}

function lookAhead() {
  ahead = prefetch();
}

function show(html) {
  current.innerHTML = html; // rendered and escaped by the server
  reasons.forget();
  shownAt = performance.now();
  current.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
  if (alertId()) lookAhead();
}

async function advance() {
  busy = true; // a held key must not decide the next item too
  current.setAttribute("aria-busy", "true");
  let html = (await ahead) ?? (await prefetch());
  while (html === null && !loggedOut) {
    tell("textOffline");
    await new Promise((resolve) => setTimeout(resolve, 2000));
    html = await prefetch();
  }
  if (html === null) return; // logged out: the page starts anew after the log-in
  untell("textOffline");
  current.removeAttribute("aria-busy");
  show(html);
  busy = false;
}

function goAway() {
  ahead = null;
  current.replaceChildren(document.querySelector("#away").content.cloneNode(true));
  current.querySelector("button").focus();
}

function watch() {
  if (!alertId() || busy) return;
  if (lease.over) goAway();
  else if (lease.due) lookAhead();
}

// Not counted among the decisions: the item is left to others.
const left = ["skip", "escalate"];

async function decide(verdict, more = {}) {
  watch(); // the lease may have ended while the computer slept
  const alert = alertId();
  if (!alert || busy) return;
  untell("textRefused", "undo");
  const words = reasons.taken(left.includes(verdict) ? "reason" : "note");
  outbox.add({ alert, verdict, seconds: ((performance.now() - shownAt) / 1000).toFixed(1), ...more, ...words });
  const count = Number(decided.textContent) + !left.includes(verdict);
  decided.textContent = count;
  document.querySelector("#pause").hidden = !Number(pauseAfter) || !count || count % Number(pauseAfter) !== 0;
  await advance();
}

async function undo() {
  await outbox.flush();
  if (busy || loggedOut || outbox.entries.length) return; // the last decision is not saved yet
  const sentAt = Date.now();
  const answer = await fetch(undoUrl, { method: "POST", headers, redirect: "manual" }).catch(() => null);
  if (answer === null) return tell("textOffline");
  if (signedOut(answer)) return endSession();
  if (!answer.ok) return tell("undo", await answer.text());
  untell("textOffline", "undo");
  decided.textContent = Math.max(0, Number(decided.textContent) - 1);
  lease.renewed(sentAt);
  show(await answer.text());
}

function reveal() {
  const covers = [...current.querySelectorAll("button.sensitive")];
  const all = covers.every((cover) => cover.getAttribute("aria-pressed") === "true");
  for (const cover of covers) cover.setAttribute("aria-pressed", !all);
}

const help = document.querySelector("#help");
const actions = {
  violates: () => alertId() && !busy && reasons.clause((more) => decide("violates", more)),
  does_not_violate: () => decide("does_not_violate"),
  cannot_tell: () => decide("cannot_tell"),
  skip: () => decide("skip"),
  escalate: () => alertId() && !busy && (reasons.words ? decide("escalate") : reasons.write(() => decide("escalate"))),
  note: () => alertId() && !busy && reasons.write(),
  undo,
  reveal,
  resume: advance,
  help: () => (help.open ? help.close() : help.showModal()),
};

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select") || reasons.open) return;
  if (reasons.key(event)) return;
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button || (help.open && button.dataset.action !== "help")) return;
  event.preventDefault();
  actions[button.dataset.action]();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action]();
  const clause = event.target.closest("[data-clause]");
  if (clause) reasons.click(clause);
  const cover = event.target.closest("button.sensitive");
  if (cover) cover.setAttribute("aria-pressed", cover.getAttribute("aria-pressed") !== "true");
});

addEventListener("beforeunload", (event) => {
  if (outbox.entries.length && !loggedOut) event.preventDefault();
});

document.addEventListener("visibilitychange", watch);
setInterval(watch, lease.checkEvery);
// A page that is loaded anew may show an item whose decision is still on its way.
const isDecided = outbox.entries.some((entry) => entry.alert === alertId());
outbox.flush();
if (isDecided) advance();
else if (alertId()) lookAhead();

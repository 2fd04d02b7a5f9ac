import { Lease } from "./lease.js";
import { Outbox } from "./outbox.js";
import { Painted } from "./painted.js";
import { Reasons } from "./reasons.js";
import { Session } from "./session.js";
import { Unsaved } from "./unsaved.js";

// The page holds the item under review and the one after it, fetched ahead; a decision
// swaps them at once while the outbox saves it.
const page = document.querySelector("[data-review]");
const current = document.querySelector("#current");
const decided = document.querySelector("#decided");
const notice = document.querySelector("#save-notice");
const early = document.querySelector("#early");
const { nextUrl, decideUrl, undoUrl, token, logIn, pauseAfter, leaseSeconds } = page.dataset;
const lease = new Lease(Number(leaseSeconds), performance.timeOrigin);
const painted = new Painted(current);
const reasons = new Reasons(current);
let ahead = null;
let shownAt = performance.now();
let busy = false;
let undone = false;

// One notice at a time; the newest wins, and only what it told of takes it away again.
let told = "";
function tell(kind, text = page.dataset[kind]) {
  told = kind;
  notice.querySelector("span").textContent = text;
  for (const link of notice.querySelectorAll("a")) link.hidden = !link.dataset.for.split(" ").includes(kind);
  notice.hidden = false;
}

function untell(...kinds) {
  if (kinds.includes(told)) notice.hidden = true;
}

const session = new Session({ token, logIn, onOver: tell });

const outbox = new Outbox({
  url: decideUrl,
  session,
  onChange({ waiting, failures, saved, refused }) {
    page.dataset.unsaved = waiting;
    unsaved.show(outbox.refused, verdictText);
    if (saved) countAs(saved, true);
    if (refused) countAs(refused, false);
    if (session.over) return;
    if (failures) tell("textRetry", page.dataset.textRetry.replace("{n}", waiting));
    else untell("textRetry");
  },
});

const unsaved = new Unsaved(document.querySelector("#unsaved"), {
  onConfirm: (entry) => outbox.confirm(entry),
  onDrop: (entry) => outbox.drop(entry),
});

const verdictText = (verdict) =>
  document.querySelector(`[data-action="${CSS.escape(verdict)}"]`)?.lastChild.textContent ?? verdict;

const alertId = () => current.querySelector("[data-alert]")?.dataset.alert;

function count(change) {
  decided.textContent = Math.max(0, Number(decided.textContent) + change);
}

// Not counted among the decisions: the item is left to others.
const left = ["skip", "escalate"];

function countAs(entry, counted) {
  if (!left.includes(entry.verdict) && entry.counted !== counted) count(counted ? 1 : -1);
  entry.counted = counted;
}

// Leases the item after this one, and renews the leases on this one and on those whose
// decision is still to be saved. Gives null where the server did not answer.
async function prefetch() {
  const url = new URL(nextUrl, location.href);
  for (const alert of [alertId(), ...outbox.pending.map((entry) => entry.alert)])
    if (alert) url.searchParams.append("besides", alert);
  const sentAt = Date.now();
  try {
    const answer = await session.ask(url);
    if (!answer?.ok) return null;
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
  painted.put();
  if (alertId()) lookAhead();
}

async function advance() {
  busy = true;
  painted.clear();
  current.setAttribute("aria-busy", "true");
  let html = (await ahead) ?? (await prefetch());
  while (html === null && !session.over) {
    tell("textOffline");
    await new Promise((resolve) => setTimeout(resolve, 2000));
    html = await prefetch();
  }
  if (html === null) return; // the page starts anew after the log-in
  untell("textOffline", "textLate");
  current.removeAttribute("aria-busy");
  show(html);
  busy = false;
}

function goAway() {
  ahead = null;
  painted.clear();
  current.replaceChildren(document.querySelector("#away").content.cloneNode(true));
  current.querySelector("button").focus();
}

function watch() {
  if (!alertId() || busy) return;
  if (lease.over) goAway();
  else if (lease.due) lookAhead();
}

// Whether an input is for the item on the page: still held, and seen before.
function counts(event) {
  if (!alertId() || session.over) return false;
  if (!busy && lease.over) {
    goAway(); // it ended while the computer slept, or as the key was pressed
    tell("textLate");
    return false;
  }
  if (!busy && painted.counts(event)) return true;
  early.textContent = page.dataset.textEarly;
  return false;
}

async function decide(verdict, event, more = {}) {
  if (!counts(event)) return;
  painted.clear();
  untell("undo");
  early.textContent = "";
  undone = false;
  const { alert, proof } = current.querySelector("[data-alert]").dataset;
  const seconds = ((performance.now() - shownAt) / 1000).toFixed(1);
  const title = current.querySelector("h1").textContent.trim();
  const words = reasons.taken(left.includes(verdict) ? "reason" : "note");
  const entry = { alert, verdict, seconds, proof, title, counted: false, ...more, ...words };
  countAs(entry, true);
  outbox.add(entry);
  const n = Number(decided.textContent);
  document.querySelector("#pause").hidden = !Number(pauseAfter) || !n || n % Number(pauseAfter) !== 0;
  await advance();
}

async function undo(event) {
  // The second press of two takes nothing back that nobody saw.
  if (busy || session.over || (undone && !painted.counts(event))) return;
  undone = true;
  await outbox.flush();
  if (busy || session.over || outbox.waiting.length) return; // the last decision is not saved yet
  const sentAt = Date.now();
  const answer = await session.ask(undoUrl, { method: "POST" }).catch(() => undefined);
  if (answer === undefined) return tell("textOffline");
  if (answer === null) return;
  if (!answer.ok) return tell("undo", await answer.text());
  untell("textOffline", "undo");
  count(-1);
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
  violates: (event) => counts(event) && reasons.clause((more, chosen) => decide("violates", chosen, more), event),
  does_not_violate: (event) => decide("does_not_violate", event),
  cannot_tell: (event) => decide("cannot_tell", event),
  skip: (event) => decide("skip", event),
  escalate: (event) =>
    counts(event) &&
    (reasons.words ? decide("escalate", event) : reasons.write((written) => decide("escalate", written))),
  note: (event) => counts(event) && reasons.write(),
  undo,
  reveal,
  resume: advance,
  help: () => (help.open ? help.close() : help.showModal()),
};

document.addEventListener("keydown", (event) => {
  // A held Enter would click a button again and again.
  if (event.repeat && event.target.closest("[data-action]")) event.preventDefault();
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select") || reasons.open) return;
  if (reasons.key(event)) return;
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button || (help.open && button.dataset.action !== "help")) return;
  event.preventDefault();
  actions[button.dataset.action](event);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) actions[button.dataset.action](event);
  const clause = event.target.closest("[data-clause]");
  if (clause) reasons.click(clause, event);
  const cover = event.target.closest("button.sensitive");
  if (cover) cover.setAttribute("aria-pressed", cover.getAttribute("aria-pressed") !== "true");
});

addEventListener("beforeunload", (event) => {
  if (outbox.pending.length && !session.over) event.preventDefault();
});

// Come back to by the back button, the page would show what was true when it was left.
addEventListener("pageshow", (event) => event.persisted && location.reload());

document.addEventListener("visibilitychange", watch);
setInterval(watch, lease.checkEvery);
unsaved.show(outbox.refused, verdictText);
// A page that is loaded anew may show an item whose decision is still on its way.
const isDecided = outbox.pending.some((entry) => entry.alert === alertId());
outbox.flush();
if (isDecided) advance();
else if (alertId()) {
  painted.put();
  lookAhead();
}

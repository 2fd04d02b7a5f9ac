import { Ahead, drawn } from "./ahead.js";
import { Lease } from "./lease.js";
import { Made } from "./made.js";
import { Outbox } from "./outbox.js";
import { Painted } from "./painted.js";
import { Rail } from "./rail.js";
import { Reasons } from "./reasons.js";
import { Seller } from "./seller.js";
import { Session } from "./session.js";
import { Switcher } from "./switcher.js";
import { Toast } from "./toast.js";
import { Together } from "./together.js";
import { Unsaved } from "./unsaved.js";
import { Zoom } from "./zoom.js";

// The page holds the item under review, and those after it are fetched ahead; a decision
// swaps them at once while the outbox saves it.
const page = document.querySelector("[data-review]");
const current = document.querySelector("#current");
const decided = document.querySelector("#decided");
const notice = document.querySelector("#save-notice");
const early = document.querySelector("#early");
const { nextUrl, decideUrl, undoUrl, token, logIn, pauseAfter, leaseSeconds } = page.dataset;
const { railUrl, sellerUrl, switcherUrl, togetherUrl, textLeft, textUndo } = page.dataset;
const lease = new Lease(Number(leaseSeconds), performance.timeOrigin);
const painted = new Painted(current);
const reasons = new Reasons(current);
let shownAt = performance.now();
let busy = false;
let undone = false;
const made = new Made(logIn);
const toast = new Toast(document.querySelector("#toast"), textUndo);

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
const zoom = new Zoom(document.querySelector("#zoom"), current);
const seller = new Seller({ url: sellerUrl, session, current });
const together = new Together({ url: togetherUrl, session, current, painted });
const switcher = new Switcher({ url: switcherUrl, session, dialog: document.querySelector("#topics") });
const rail = new Rail({
  url: railUrl,
  session,
  element: document.querySelector("#rail"),
  left: document.querySelector("#left"),
  leftText: textLeft,
});

const outbox = new Outbox({
  url: decideUrl,
  session,
  onChange({ waiting, failures, saved, refused }) {
    page.dataset.unsaved = waiting;
    unsaved.show(outbox.refused, verdictText);
    if (saved) countAs(saved, true);
    if (refused) {
      countAs(refused, false);
      made.forget(refused.alert);
    }
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

// What is on the screen, and what this tab decided and has yet to save.
const spokenFor = () => [alertId(), ...together.shown, ...outbox.pending.map((entry) => entry.alert)];

const ahead = new Ahead({ url: nextUrl, session, lease, spokenFor, left: () => rail.number });

function show(item) {
  current.replaceChildren(...item.childNodes);
  reasons.forget();
  shownAt = performance.now();
  current.querySelector("h1")?.focus({ preventScroll: true });
  scrollTo(0, 0);
  painted.put();
  begin();
}

function begin() {
  seller.begin();
  if (alertId()) ahead.fill().then(() => rail.passed(alertId(), spokenFor));
}

async function advance() {
  busy = true;
  painted.clear();
  current.setAttribute("aria-busy", "true");
  // It may have been decided together with the one before.
  const isDecided = (alert) => made.last?.includes(alert);
  let item = await ahead.next(isDecided);
  while (item === null && !session.over) {
    tell("textOffline");
    await new Promise((resolve) => setTimeout(resolve, 2000));
    item = await ahead.next(isDecided);
  }
  if (item === null) return; // the page starts anew after the log-in
  untell("textOffline", "textLate");
  current.removeAttribute("aria-busy");
  show(item);
  busy = false;
}

function goAway() {
  ahead.clear();
  painted.clear();
  current.replaceChildren(document.querySelector("#away").content.cloneNode(true));
  current.querySelector("button").focus();
}

function watch() {
  if (!alertId() || busy) return;
  if (lease.over) goAway();
  else if (lease.due) renew();
}

// Asks for what is ahead once more, which renews the lease on all of it.
function renew() {
  ahead.clear();
  ahead.fill();
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
  const isLeft = left.includes(verdict);
  const alike = isLeft ? [] : together.chosen; // what is left to others is left one by one
  together.close();
  const entries = [{ alert, proof, title }, ...alike].map((item) => ({
    ...item, verdict, seconds, counted: false, ...more, ...words,
  }));
  say(verdict, more.clause, entries.length);
  rail.count(verdict === "skip" ? 0 : -entries.length);
  for (const entry of entries) countAs(entry, true);
  if (!isLeft) made.add(entries.map((entry) => entry.alert));
  for (const entry of entries) outbox.add(entry);
  const n = Number(decided.textContent);
  document.querySelector("#pause").hidden = !Number(pauseAfter) || !n || n % Number(pauseAfter) !== 0;
  await advance();
}

// Says what was pressed: "Violates: replica".
function say(verdict, clause, items) {
  const named = clause && current.querySelector(`[data-clause="${CSS.escape(clause)}"]`);
  const parts = [verdictText(verdict), ...(named ? [named.lastChild.textContent] : [])];
  const text = parts.join(": ");
  const times = items > 1 ? ` (${page.dataset.textTimes.replace("{n}", items)})` : "";
  toast.say(`${text}${times}.`, !left.includes(verdict));
}

async function undo(event) {
  // The second press of two takes nothing back that nobody saw.
  if (busy || session.over || (undone && !painted.counts(event))) return;
  if (!made.last) return tell("undo", page.dataset.textNothing);
  undone = true;
  await outbox.flush();
  if (busy || session.over || outbox.waiting.length) return; // the last decision is not saved yet
  const alerts = made.last;
  if (!alerts) return tell("undo", page.dataset.textNothing);
  const sentAt = Date.now();
  const body = new URLSearchParams(alerts.map((alert) => ["alert", alert]));
  const answer = await session.ask(undoUrl, { method: "POST", body }).catch(() => undefined);
  if (answer === undefined) return tell("textOffline");
  if (answer === null) return;
  for (const alert of alerts) made.forget(alert);
  if (!answer.ok) return tell("undo", await answer.text());
  untell("textOffline", "undo");
  const taken = Number(answer.headers.get("X-Undone"));
  count(-taken);
  rail.count(taken);
  toast.say(`${page.dataset.textUndone}.`, false);
  lease.renewed(sentAt);
  ahead.clear(); // what was on the screen comes before it
  show(drawn(await answer.text()));
}

function reveal() {
  const covers = [...current.querySelectorAll("button.sensitive")];
  const all = covers.every((cover) => cover.getAttribute("aria-pressed") === "true");
  for (const cover of covers) cover.setAttribute("aria-pressed", !all);
}

// Decides what is nearly the same of this seller together; again: this one alone.
async function nearDuplicates() {
  if (together.isOpen) return together.close();
  const alert = alertId();
  const part = await seller.toggle("near-duplicates");
  const alerts = [...(part?.querySelectorAll("[data-near-duplicate]") ?? [])].map((item) => item.dataset.nearDuplicate);
  if (alerts.length && alert === alertId()) await together.open(alert, alerts);
}

function policy() {
  const whole = current.querySelector("[data-policy] details");
  if (!whole) return;
  whole.open = !whole.open;
  if (whole.open) whole.scrollIntoView({ block: "nearest" });
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
  policy,
  "near-duplicates": nearDuplicates,
  listings: () => seller.toggle("listings"),
  decisions: () => seller.toggle("decisions"),
  strikes: () => seller.toggle("strikes"),
  zoom: () => zoom.open(),
  topics: () => switcher.open(),
  resume: advance,
  help: () => (help.open ? help.close() : help.showModal()),
};

document.addEventListener("keydown", (event) => {
  // A held Enter would click a button again and again.
  if (event.repeat && event.target.closest("[data-action]")) event.preventDefault();
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select") || reasons.open) return;
  if (zoom.isOpen || switcher.dialog.open) return;
  if (!help.open && (reasons.key(event) || together.key(event))) return;
  const key = event.key.toLowerCase();
  const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const action = button?.dataset.action ?? (key === "z" ? "zoom" : null);
  if (!action || (help.open && action !== "help")) return;
  event.preventDefault();
  actions[action](event);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button?.matches("summary")) event.preventDefault(); // the action opens it
  if (button) actions[button.dataset.action](event);
  const picture = event.target.closest("[data-zoom]");
  if (picture) zoom.open(picture.querySelector("img"));
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
  begin();
}

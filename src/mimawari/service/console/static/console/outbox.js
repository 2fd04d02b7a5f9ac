// Decisions that the server has not confirmed yet. They survive a reload and a new log-in,
// are sent in order, and are retried until the server answers. What it refuses stays, with the
// reason, until its maker takes it away; nothing is dropped in silence.
const NAME = "mimawari-outbox";
const RETRY_MS = [500, 1000, 2000, 5000, 15000];
// Refused for who is logged in: asked again after the next log-in.
const BY_LOG_IN = ["account", "log_in"];

export class Outbox {
  constructor({ url, session, storage = sessionStorage, onChange = () => {} }) {
    Object.assign(this, { url, session, storage, onChange, failures: 0, draining: null });
    this.entries = JSON.parse(storage.getItem(NAME) ?? "[]");
    for (const entry of this.entries) {
      entry.counted = false; // by this page
      if (BY_LOG_IN.includes(entry.refused?.kind)) delete entry.refused;
    }
  }

  get waiting() {
    return this.entries.filter((entry) => !entry.refused);
  }

  // Those that may still be saved from this page: their items are nobody else's.
  get pending() {
    return this.entries.filter(({ refused }) => !refused || refused.kind === "log_in");
  }

  get refused() {
    return this.entries.filter((entry) => entry.refused);
  }

  add(entry) {
    this.entries.push(entry);
    this.#keep();
    return this.flush();
  }

  // Whoever is logged in now says that a refused decision is theirs.
  confirm(entry) {
    delete entry.refused;
    entry.confirmed = true;
    this.#keep();
    return this.flush();
  }

  drop(entry, news = {}) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.#keep(news);
  }

  // One drain at a time; whoever calls meanwhile waits for it.
  flush() {
    this.draining ??= this.#drain().finally(() => (this.draining = null));
    return this.draining;
  }

  async #drain() {
    for (let entry = this.waiting[0]; entry; entry = this.waiting[0]) {
      const answer = await this.#send(entry);
      if (answer === null) break;
      this.failures = 0;
      if (answer.ok) this.drop(entry, { saved: entry });
      else {
        entry.refused = await answer.json();
        this.#keep({ refused: entry });
      }
    }
  }

  // The server's last word on a decision, or null where it is still to come.
  async #send({ title, counted, refused, confirmed, ...fields }) {
    const body = new URLSearchParams({ proof: "", ...fields });
    if (confirmed) body.set("confirmed", "1");
    try {
      const answer = await this.session.ask(this.url, { method: "POST", body });
      if (answer === null) return null; // kept for the next log-in
      if (answer.ok || answer.status === 409 || answer.status === 410) return answer;
    } catch {
      // Offline: keep the decision and try again.
    }
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.#keep();
    setTimeout(() => this.flush(), wait);
    return null;
  }

  #keep(news = {}) {
    this.storage.setItem(NAME, JSON.stringify(this.entries));
    this.onChange({ waiting: this.waiting.length, failures: this.failures, ...news });
  }
}

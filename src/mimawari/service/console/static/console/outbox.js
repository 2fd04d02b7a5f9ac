// Decisions that the server has not confirmed yet. They survive a reload and a new log-in,
// are sent in order, and are retried until the server answers; nothing is dropped in silence.
const NAME = "mimawari-outbox";
const RETRY_MS = [500, 1000, 2000, 5000, 15000];

// Sent to the login page, or a token from before another log-in.
export const signedOut = (answer) =>
  answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;

export class Outbox {
  constructor({ url, token, storage = sessionStorage, onChange = () => {} }) {
    Object.assign(this, { url, token, storage, onChange, failures: 0, draining: null });
    this.entries = JSON.parse(storage.getItem(NAME) ?? "[]");
  }

  add(entry) {
    this.entries.push(entry);
    this.#keep();
    return this.flush();
  }

  // One drain at a time; whoever calls meanwhile waits for it.
  flush() {
    this.draining ??= this.#drain().finally(() => (this.draining = null));
    return this.draining;
  }

  async #drain() {
    while (this.entries.length) {
      const outcome = await this.#send(this.entries[0]);
      if (outcome === "kept") break;
      const [entry] = this.entries.splice(0, 1);
      this.failures = 0;
      this.#keep({ refused: outcome === "refused" ? entry : undefined });
    }
  }

  async #send(entry) {
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        headers: { "X-CSRFToken": this.token },
        body: new URLSearchParams(entry),
        redirect: "manual",
      });
      if (answer.ok) return "saved";
      // 409 and 410: the lease is gone and the item went to someone else.
      if (answer.status === 409 || answer.status === 410) return "refused";
      if (signedOut(answer)) {
        this.#keep({ ended: true }); // sent by the page after the next log-in
        return "kept";
      }
    } catch {
      // Offline: keep the decision and try again.
    }
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    this.#keep();
    setTimeout(() => this.flush(), wait);
    return "kept";
  }

  #keep(news = {}) {
    this.storage.setItem(NAME, JSON.stringify(this.entries));
    this.onChange({ waiting: this.entries.length, failures: this.failures, ...news });
  }
}

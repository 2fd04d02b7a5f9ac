// The seller of the item: other listings, past decisions, strikes, near-duplicates, each behind a
// key. Fetched once the moderator stays with the item, or asks.
const STAYS_MS = 700;

export class Seller {
  constructor({ url, session, current }) {
    Object.assign(this, { url, session, current, timer: 0, loading: null });
  }

  // Another item is on the screen.
  begin() {
    clearTimeout(this.timer);
    this.stop?.abort();
    this.loading = null;
    if (this.box) this.timer = setTimeout(() => this.load(), STAYS_MS);
  }

  load() {
    this.loading ??= this.#load();
    return this.loading;
  }

  // Shows a part, or hides it again; gives it once it is there.
  async toggle(part) {
    await this.load();
    const wanted = this.box?.querySelector(`[data-part="${part}"]`);
    if (!wanted) return null;
    const show = wanted.hidden;
    for (const each of this.box.querySelectorAll("[data-part]")) each.hidden = each !== wanted || !show;
    for (const button of this.current.querySelectorAll("[aria-expanded]"))
      button.setAttribute("aria-expanded", String(button.dataset.action === part && show));
    if (show) wanted.scrollIntoView({ block: "nearest" });
    return show ? wanted : null;
  }

  get box() {
    return this.current.querySelector("[data-seller]");
  }

  async #load() {
    const box = this.box;
    const alert = this.current.querySelector("[data-alert]")?.dataset.alert;
    if (!box || !alert) return;
    this.stop = new AbortController();
    const url = new URL(this.url, location.href);
    url.searchParams.set("alert", alert);
    const answer = await this.session.ask(url, { signal: this.stop.signal }).catch(() => null);
    if (!answer?.ok) return void (this.loading = null);
    box.innerHTML = await answer.text(); // rendered and escaped by the server
    for (const part of box.querySelectorAll("[data-part]")) {
      const button = this.current.querySelector(`[data-action="${part.dataset.part}"] [data-count]`);
      if (button) button.textContent = part.dataset.count;
    }
  }
}

// The rail of what comes next, and how much is left. It only looks ahead: what is really next is
// leased with the item. Fetched when there is time, never between a key and the next item.
const OLD_MS = 5000;
const FEW = 4;

export class Rail {
  constructor({ url, session, element, left, leftText }) {
    Object.assign(this, { url, session, element, left, leftText, at: -Infinity, busy: false });
  }

  // Takes out what is on the screen, and looks again where little is left or it is old.
  passed(alert, besides) {
    const row = this.element.querySelector(`[data-row="${CSS.escape(alert ?? "")}"]`);
    row?.remove();
    if (!this.element.offsetParent) return; // no room for it: a phone
    const old = performance.now() - this.at > OLD_MS;
    if (old || this.element.querySelectorAll("[data-row]").length < FEW) this.#later(besides);
  }

  count(change) {
    this.#show(Math.max(0, this.number + change));
  }

  // How much is left, as far as this page knows.
  get number() {
    return Number(this.left.dataset.left);
  }

  #later(besides) {
    if (this.busy) return;
    this.busy = true;
    const idle = window.requestIdleCallback ?? setTimeout;
    idle(() => this.#fetch(besides).finally(() => (this.busy = false)));
  }

  async #fetch(besides) {
    const url = new URL(this.url, location.href);
    for (const alert of besides()) if (alert) url.searchParams.append("besides", alert);
    const answer = await this.session.ask(url).catch(() => null);
    if (!answer?.ok) return;
    this.element.innerHTML = await answer.text(); // rendered and escaped by the server
    this.at = performance.now();
    for (const alert of besides())
      this.element.querySelector(`[data-row="${CSS.escape(alert ?? "")}"]`)?.remove();
    const list = this.element.querySelector("[data-left]");
    if (list) this.#show(Number(list.dataset.left));
  }

  #show(n) {
    this.left.dataset.left = n;
    const language = document.documentElement.lang;
    this.left.textContent = this.leftText.replace("{n}", n.toLocaleString(language));
  }
}

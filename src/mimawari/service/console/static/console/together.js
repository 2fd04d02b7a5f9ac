// Near-duplicates of the item's seller that are decided by the same press, each by a decision of
// its own. They are leased and shown first; a press counts once they could be seen.
export class Together {
  constructor({ url, session, current, painted }) {
    Object.assign(this, { url, session, current, painted });
  }

  async open(alert, alerts) {
    const body = new URLSearchParams({ alert });
    for (const other of alerts) body.append("with", other);
    const answer = await this.session.ask(this.url, { method: "POST", body }).catch(() => null);
    if (!answer?.ok || this.#alert !== alert) return;
    this.box.innerHTML = await answer.text(); // rendered and escaped by the server
    this.box.hidden = false;
    this.box.scrollIntoView({ block: "nearest" });
    this.painted.put(); // what is new on the screen has to be seen, too
  }

  close() {
    if (this.box) this.box.replaceChildren();
    if (this.box) this.box.hidden = true;
  }

  // Gives whether a key was for the ticks on the screen.
  key(event) {
    if (!this.isOpen) return false;
    const tick = this.box.querySelector(`[data-tick="${CSS.escape(event.key)}"]`);
    if (tick) tick.checked = !tick.checked;
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  get isOpen() {
    return Boolean(this.box && !this.box.hidden);
  }

  // Those that are ticked: what is sent for each beside the verdict.
  get chosen() {
    const ticked = this.isOpen ? [...this.box.querySelectorAll("[data-near-duplicate]:checked")] : [];
    return ticked.map((tick) => ({
      alert: tick.dataset.nearDuplicate,
      proof: tick.dataset.proof,
      title: tick.closest("label").querySelector("bdi").textContent.trim(),
    }));
  }

  // Those on the screen, whose leases are renewed with the item's.
  get shown() {
    const items = this.isOpen ? [...this.box.querySelectorAll("[data-near-duplicate]")] : [];
    return items.map((item) => item.dataset.nearDuplicate);
  }

  get box() {
    return this.current.querySelector("[data-together]");
  }

  get #alert() {
    return this.current.querySelector("[data-alert]")?.dataset.alert;
  }
}

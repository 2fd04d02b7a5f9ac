// The list of decisions that were not saved: what was decided, why it was not taken, and what
// its maker can do. Another account is told that there is one, and not what it says.
export class Unsaved {
  constructor(panel, { onConfirm, onDrop }) {
    Object.assign(this, { panel, onConfirm, onDrop });
    this.line = panel.querySelector("template").content.firstElementChild;
  }

  show(entries, verdictText) {
    const lines = entries.map((entry) => this.#lineOf(entry, verdictText));
    this.panel.querySelector("ul").replaceChildren(...lines);
    this.panel.hidden = !entries.length;
  }

  #lineOf(entry, verdictText) {
    const { kind, text } = entry.refused;
    const line = this.line.cloneNode(true);
    const [save, remove] = line.querySelectorAll("button");
    line.querySelector(".why").textContent = text;
    if (kind !== "account") {
      line.querySelector("strong").textContent = verdictText(entry.verdict);
      line.querySelector("bdi").textContent = entry.title ?? "";
    }
    save.hidden = kind !== "log_in";
    remove.hidden = kind === "account";
    save.addEventListener("click", () => this.onConfirm(entry));
    remove.addEventListener("click", () => this.onDrop(entry));
    return line;
  }
}

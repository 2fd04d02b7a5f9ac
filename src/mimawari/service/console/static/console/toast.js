// Says what was just decided, and that it can be undone; gone after a while or by the next one.
const SHOWN_MS = 6000;

export class Toast {
  constructor(element, undoText) {
    Object.assign(this, { element, timer: 0 });
    element.querySelector("button").textContent = undoText;
  }

  say(text, undo = true) {
    clearTimeout(this.timer);
    this.element.querySelector("span").textContent = text;
    this.element.querySelector("button").hidden = !undo;
    this.element.hidden = false;
    this.timer = setTimeout(() => (this.element.hidden = true), SHOWN_MS);
  }
}

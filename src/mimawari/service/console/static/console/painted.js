// Input counts once for an item, and only for one that could be seen: the second press of a key
// or the second click of a double click, which no eye could have followed, decides nothing.
// So long after the frame that shows it; a double press is faster, ten thousand an hour are not.
const LEAST_MS = 300;

export class Painted {
  constructor(element) {
    Object.assign(this, { element, since: Infinity, turn: 0 });
  }

  // An item was put on the page, and is seen from the frame on that shows it.
  put() {
    this.clear();
    const turn = this.turn;
    requestAnimationFrame(() => requestAnimationFrame((at) => turn === this.turn && this.#shown(at)));
  }

  // When it counts is fixed by the frame: a timer that comes late takes no input away.
  #shown(at) {
    const turn = this.turn;
    this.since = at + LEAST_MS;
    const isSeen = () => turn === this.turn && (this.element.dataset.seen = "");
    setTimeout(isSeen, this.since - performance.now());
  }

  // Whether an input is for the item on the page: by when it happened, not when it is handled.
  counts(event) {
    return event.timeStamp >= this.since && !(event.detail > 1);
  }

  // Nothing counts until another item is seen.
  clear() {
    this.turn += 1;
    this.since = Infinity;
    delete this.element.dataset.seen;
  }
}

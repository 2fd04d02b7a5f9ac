// What this tab decided under this log-in, so that U takes back its own last press and not what
// another tab of the account decided meanwhile. An entry is the alerts of one press.
const NAME = "mimawari-made";
const MOST = 50;

export class Made {
  constructor(logIn, storage = sessionStorage) {
    Object.assign(this, { logIn, storage });
    const kept = JSON.parse(storage.getItem(NAME) ?? "{}");
    this.presses = kept.logIn === logIn ? kept.presses : [];
  }

  add(alerts) {
    this.presses = [...this.presses, alerts].slice(-MOST);
    this.#keep();
  }

  // It was refused, or taken back: there is nothing to undo about it.
  forget(alert) {
    this.presses = this.presses
      .map((alerts) => alerts.filter((each) => each !== alert))
      .filter((alerts) => alerts.length);
    this.#keep();
  }

  get last() {
    return this.presses.at(-1);
  }

  #keep() {
    this.storage.setItem(NAME, JSON.stringify({ logIn: this.logIn, presses: this.presses }));
  }
}

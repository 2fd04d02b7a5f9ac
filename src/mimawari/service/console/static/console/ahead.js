// The items after the one on the screen: leased, fetched, and their pictures decoded before they
// are shown. There are two, so that one answer that takes long keeps nobody waiting; where little
// is left there is one, as others want the rest.
const MOST = 2;
const LITTLE = 20;
const alertOf = (item) => item.querySelector("[data-alert]")?.dataset.alert;

export class Ahead {
  constructor({ url, session, lease, spokenFor, left }) {
    Object.assign(this, { url, session, lease, spokenFor, left });
    this.clear();
  }

  // Whatever was fetched or is on its way was asked for before something else was on the screen.
  // It stays leased, so it comes again.
  clear() {
    this.items = [];
    this.last = null;
    this.fetching = null;
  }

  // Fetches what is missing, and renews the leases on all that is spoken for.
  async fill() {
    const items = this.items;
    while (items === this.items && items.length < this.#wanted && (await this.#more()));
  }

  // The next item but for unwanted ones; the empty queue's message where there is none, and null
  // where the server did not answer.
  async next(isUnwanted) {
    let item;
    do {
      if (!this.items.length) await this.#more();
      item = this.items.shift();
    } while (item && isUnwanted(alertOf(item)));
    return item ?? this.last;
  }

  get #wanted() {
    return this.left() > LITTLE ? MOST : 1;
  }

  // One request at a time, as each names what those before it brought. Gives whether it brought
  // an item.
  #more() {
    if (!this.fetching) {
      const items = this.items;
      const fetching = this.#fetch().then((item) => {
        if (items !== this.items) return false; // cleared meanwhile
        this.fetching = null;
        const isItem = Boolean(item && alertOf(item));
        if (isItem) items.push(item);
        else this.last = item;
        return isItem;
      });
      this.fetching = fetching;
    }
    return this.fetching;
  }

  async #fetch() {
    const url = new URL(this.url, location.href);
    const besides = [...this.spokenFor(), ...this.items.map(alertOf)];
    for (const alert of besides) if (alert) url.searchParams.append("besides", alert);
    const sentAt = Date.now();
    try {
      const answer = await this.session.ask(url);
      if (!answer?.ok) return null;
      const html = await answer.text();
      this.lease.renewed(sentAt);
      return drawn(html);
    } catch {
      return null; // offline
    }
  }
}

// Beside the page already: its pictures load and are decoded before it is shown.
export function drawn(html) {
  const item = document.createElement("div");
  item.innerHTML = html; // rendered and escaped by the server
  for (const image of item.querySelectorAll("figure img")) image.decode().catch(() => {});
  return item;
}

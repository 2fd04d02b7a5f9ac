// Goes to another topic: type a part of its name, Enter takes the first.
export class Switcher {
  constructor({ url, session, dialog }) {
    Object.assign(this, { url, session, dialog });
    this.search = dialog.querySelector("input");
    this.list = dialog.querySelector("div");
    this.search.addEventListener("input", () => this.#filter());
    dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  async open() {
    this.search.value = "";
    this.dialog.showModal();
    const answer = await this.session.ask(this.url).catch(() => null);
    if (answer?.ok) this.list.innerHTML = await answer.text(); // rendered by the server
    this.#filter();
  }

  get #links() {
    return [...this.list.querySelectorAll("a")].filter((link) => !link.parentElement.hidden);
  }

  #filter() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const line of this.list.querySelectorAll("li"))
      line.hidden = !line.textContent.toLowerCase().includes(wanted);
  }

  #key(event) {
    const links = this.#links;
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown") links[Math.min(at + 1, links.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (links[at - 1] ?? this.search).focus();
    else if (event.key === "Enter" && event.target === this.search) links[0]?.click();
    else return;
    event.preventDefault();
  }
}

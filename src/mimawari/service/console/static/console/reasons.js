// What goes with a decision: the clause that is violated, and a note or a reason. Both belong to
// the item on the screen, and are gone with it.
export class Reasons {
  constructor(current) {
    this.current = current;
    this.dialog = document.querySelector("#words");
    this.text = this.dialog.querySelector("textarea");
    this.then = null;
    this.dialog.addEventListener("close", () => this.#written());
  }

  // Asks for a clause where the policy has any, then goes on; one key more at most.
  clause(then) {
    if (!this.chooser) return then({});
    if (!this.chooser.hidden) return this.optional && this.#choose("", then);
    this.chooser.hidden = false;
    this.pending = then;
    this.chooser.querySelector("button").focus({ preventScroll: true });
  }

  // Gives whether a key was for the clauses on the screen.
  key(event) {
    if (!this.chooser || this.chooser.hidden) return false;
    const button = this.chooser.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
    const again = event.key.toLowerCase() === "v";
    if (button) this.#choose(button.dataset.clause, this.pending);
    else if (again) this.clause(this.pending);
    else if (/^[0-9]$/.test(event.key)) return true; // no clause has it
    else if (event.key === "Escape" || (event.key.length === 1 && event.key !== " ")) this.cancel();
    if (!button && !again && event.key !== "Escape") return false; // of another action, or a focus
    event.preventDefault();
    return true;
  }

  click(button) {
    if (button.dataset.clause !== undefined) this.#choose(button.dataset.clause, this.pending);
  }

  cancel() {
    if (this.chooser) this.chooser.hidden = true;
  }

  // Lets the moderator write; goes on with it where that is wanted.
  write(then = null) {
    this.cancel();
    this.then = then;
    this.dialog.querySelector("h2").textContent = this.dialog.dataset[then ? "textReason" : "textNote"];
    this.text.required = Boolean(then);
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  // What was written, under the name it is sent by; once.
  taken(name) {
    const words = this.text.value.trim();
    this.forget();
    return words ? { [name]: words } : {};
  }

  forget() {
    this.text.value = "";
    this.#shown("");
  }

  get words() {
    return this.text.value.trim();
  }

  get open() {
    return this.dialog.open;
  }

  get chooser() {
    return this.current.querySelector("[data-clauses]");
  }

  get optional() {
    return this.chooser.dataset.optional === "true";
  }

  #choose(clause, then) {
    this.cancel();
    then(clause ? { clause } : {});
  }

  #written() {
    const then = this.then;
    this.then = null;
    if (this.dialog.returnValue !== "keep") return;
    if (then && this.words) then();
    else this.#shown(this.words);
  }

  #shown(words) {
    const note = this.current.querySelector("[data-note]");
    if (!note) return;
    note.textContent = words;
    note.hidden = !words;
  }
}

// Pictures at their full size: Z and the arrow keys go through them, a click or Space enlarges
// further, two fingers as everywhere. What is covered on the page is covered here, too.
export class Zoom {
  constructor(dialog, current) {
    Object.assign(this, { dialog, current, at: 0 });
    this.image = dialog.querySelector("img");
    this.image.addEventListener("click", () => this.#larger());
    dialog.querySelector("[data-zoom-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("close", () => this.image.removeAttribute("src"));
  }

  get isOpen() {
    return this.dialog.open;
  }

  open(image = this.#images[0]) {
    if (!image) return;
    this.at = this.#images.indexOf(image);
    if (!this.isOpen) this.dialog.showModal();
    this.#show();
  }

  get #images() {
    return [...this.current.querySelectorAll("article figure img")];
  }

  #show() {
    const images = this.#images;
    const image = images[this.at];
    const cover = image.closest("button.sensitive");
    this.image.src = image.src;
    this.dialog.classList.remove("larger");
    this.dialog.classList.toggle("covered", cover?.getAttribute("aria-pressed") === "false");
    this.dialog.querySelector("p").textContent = `${this.at + 1} / ${images.length}`;
  }

  #larger() {
    this.dialog.classList.toggle("larger");
  }

  #key(event) {
    const key = event.key.toLowerCase();
    const steps = { z: 1, arrowright: 1, arrowdown: 1, arrowleft: -1, arrowup: -1 };
    if (key === " ") this.#larger();
    else if (key === "i") this.dialog.classList.toggle("covered", !this.#uncover());
    else if (!steps[key] || this.dialog.classList.contains("larger")) return;
    else this.#step(steps[key]);
    event.preventDefault();
    event.stopPropagation();
  }

  // Past the last picture, Z closes: the same key goes there and back.
  #step(step) {
    this.at += step;
    if (this.at < 0 || this.at >= this.#images.length) this.dialog.close();
    else this.#show();
  }

  #uncover() {
    const cover = this.#images[this.at].closest("button.sensitive");
    if (!cover) return true;
    const covered = cover.getAttribute("aria-pressed") === "false";
    cover.setAttribute("aria-pressed", String(covered));
    return covered;
  }
}

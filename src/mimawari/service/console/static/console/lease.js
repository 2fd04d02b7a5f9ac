// How long the item on the screen and the one ahead are surely this moderator's.
// The clock of the wall, since others stand still while a computer sleeps; counted from before
// the request that leased them, so that it never ends later here than on the server.
export class Lease {
  constructor(seconds, since) {
    this.length = seconds * 1000;
    this.until = since + this.length;
    this.active = since;
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel", "scroll"])
      addEventListener(sign, () => (this.active = Date.now()), { passive: true });
  }

  renewed(sentAt) {
    this.until = Math.max(this.until, sentAt + this.length);
  }

  get over() {
    return Date.now() >= this.until;
  }

  // In its second half, where the moderator moved since it began.
  get due() {
    return Date.now() > this.until - this.length / 2 && this.active > this.until - this.length;
  }

  get checkEvery() {
    return Math.min(1000, this.length / 8);
  }
}

// The log-in that the page was made for. Once it is over, or another account is logged in, the
// page asks for nothing more: what it shows is nobody's.
const OVER = { 401: "textLoggedOut", 403: "textNotAllowed", 412: "textOtherLogIn" };

export class Session {
  constructor({ token, logIn, onOver }) {
    Object.assign(this, { onOver, over: false });
    this.headers = { "X-CSRFToken": token, "X-Log-In": logIn };
  }

  // The answer, or null where the session is over; rejects where the server does not answer.
  async ask(url, options = {}) {
    if (this.over) return null;
    const answer = await fetch(url, { ...options, headers: this.headers, redirect: "manual" });
    const why = answer.type === "opaqueredirect" ? OVER[401] : OVER[answer.status];
    if (!why) return answer;
    this.over = true;
    this.onOver(why);
    return null;
  }
}

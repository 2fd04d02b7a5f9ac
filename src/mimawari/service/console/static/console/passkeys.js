// A passkey is made or used by the browser; the form it belongs to sends what came of it.
const { supported, create, get } = window.webauthnJSON;

const optionsOf = async (form) => {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
};

const run = async (form) => {
  const { creation_options: creating, request_options: using } = await optionsOf(form);
  const credential = await (creating ? create(creating) : get(using));
  form.elements.credential.value = JSON.stringify(credential);
  form.submit();
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !supported();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.textContent = "";
    // Cancelled, timed out or not known to the device: browsers tell these apart to nobody.
    run(form).catch(() => { problem.textContent = form.dataset.textFailed; });
  });
}
for (const text of document.querySelectorAll("[data-no-passkeys]")) text.hidden = supported();

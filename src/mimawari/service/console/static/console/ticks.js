// Ticks all listings of a page of results at once, and says how many are ticked.
const form = document.querySelector("[data-ticks]");
if (form) {
  const all = form.querySelector("[data-all]");
  const boxes = [...form.querySelectorAll("input[name=listing]")];
  const button = form.querySelector("button.primary");
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    form.querySelector("[data-count]").textContent = `(${ticked})`;
    button.disabled = ticked === 0;
  };
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  // The back button brings ticks back.
  window.addEventListener("pageshow", show);
  show();
}

// Filters a list by what its items say of themselves: `data-room`, `data-votes` ... against the fields of those names.
import { readAddress, writeAddress } from "./address.js";

function fits(item, form) {
  return [...new FormData(form)].every(([name, asked]) => {
    if (!asked) return true;
    const own = item.dataset[name] ?? "";
    return "least" in form.elements[name].dataset ? own !== "" && Number(own) >= Number(asked) : own === asked;
  });
}

export function connect(form) {
  const list = document.querySelector(form.dataset.filter);
  const items = [...list.querySelectorAll("li[data-room]")];
  const groups = [...list.querySelectorAll("[data-group]")];
  const count = form.querySelector("output");
  const none = document.querySelector(".none");

  function update() {
    let shown = 0;
    for (const item of items) {
      item.hidden = !fits(item, form);
      shown += !item.hidden;
    }
    for (const group of groups) group.hidden = !group.querySelector("li[data-room]:not([hidden])");
    if (none) none.hidden = shown > 0;
    count.textContent = form.dataset.count.replace("{n}", shown);
  }

  form.addEventListener("input", () => { update(); writeAddress(form); });
  form.addEventListener("submit", (event) => event.preventDefault());
  readAddress(form);
  update();
}

// Filters a list by what its items say of themselves: `data-room`, `data-votes` ... against the fields of those names.
// Groups that fold open where something was asked for and they have it.
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
  const items = [...list.querySelectorAll("li.entry, li.card")];
  const groups = [...list.querySelectorAll("[data-group]")];
  const atFirst = new Map(groups.map((group) => [group, group.open]));
  const count = form.querySelector("output");
  const none = document.querySelector(".none");

  function update() {
    let shown = 0;
    for (const item of items) {
      item.hidden = !fits(item, form);
      shown += !item.hidden;
    }
    const asks = [...new FormData(form).values()].some(Boolean);
    for (const group of groups) {
      group.hidden = !group.querySelector("li:not([hidden])");
      group.open = asks ? !group.hidden : atFirst.get(group);
    }
    if (none) none.hidden = shown > 0;
    count.textContent = form.dataset.count.replace("{n}", shown);
  }

  form.addEventListener("input", () => { update(); writeAddress(form); });
  form.addEventListener("submit", (event) => event.preventDefault());
  if (readAddress(form)) writeAddress(form);
  update();
}

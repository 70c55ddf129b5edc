// A run while it goes on: its steps as the server tells them; when it is over, the page is loaded again with its results.
import { ask, base } from "./ask.js";

const place = document.querySelector("#run");
const words = place.dataset;

function bar({ what, done, total }) {
  const label = document.createElement("label");
  const progress = document.createElement("progress");
  label.lang = "en";
  progress.value = done;
  progress.max = total;
  label.append(`${what} `, progress, ` ${done} / ${total}`);
  return label;
}

function show({ state, trial, number, steps, troubles }) {
  const name = state.replace(" ", "-").replace(/-./, (letters) => letters[1].toUpperCase());
  document.querySelector("#state").textContent = words[name];
  document.querySelector("#trial").textContent = trial && `${words.of.replace("{n}", number)} · ${trial}`;
  document.querySelector("#steps").replaceChildren(...steps.map(bar));
  document.querySelector("#troubles").replaceChildren(...troubles.map((line) => {
    const item = document.createElement("li");
    item.className = "trouble";
    item.textContent = line;
    return item;
  }));
  if (!["waiting", "running"].includes(state)) location.reload();
}

// Only while somebody looks: a browser keeps few connections open to one server, and each stream takes one.
let events = null;

function follow() {
  if (document.hidden) {
    events?.close();
    events = null;
  } else if (!events) {
    events = new EventSource(new URL(`api/runs/${words.run}/events`, base));
    events.addEventListener("progress", (event) => show(JSON.parse(event.data)));
  }
}

async function cancel({ target }) {
  target.disabled = true;
  try {
    await ask(`api/runs/${words.run}/cancel`, {});
  } catch (error) {
    document.querySelector("#trial").textContent = error.message;
  }
  target.disabled = false;
}

if (words.over === "0") {
  follow();
  document.addEventListener("visibilitychange", follow);
  document.querySelector("#cancel")?.addEventListener("click", cancel);
}

// Shows beside every paper of a page what the reader did with it: its star, whether it was read or hidden, her tags and
// notes; and the buttons by which she does it. Opening a paper's page counts as reading.
import { isHidden, isRead, isStarred, markRead, marksOf, star } from "./shelf.js";

const words = document.querySelector("#keys").dataset;
const buttons = document.querySelector("template#acts");

export const titleOf = (place) => place.querySelector("h1, h2, h3").textContent.trim();

export function toggle(place) {
  star(place.dataset.paper, titleOf(place), !isStarred(place.dataset.paper));
}

function starOf(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "star";
  button.setAttribute("aria-label", `${words.star}: ${titleOf(place)}`);
  button.addEventListener("click", () => toggle(place));
  return button;
}

// What a list says of a paper; its own page says more.
function ownWords(place) {
  const { tags = [], notes = [] } = marksOf(place.dataset.paper);
  let line = place.querySelector(".own-words");
  if (!line && !tags.length && !notes.length) return;
  if (!line) { // where it moves nothing
    line = document.createElement("span");
    line.className = "own-words";
    const more = place.querySelector("summary .more");
    if (more) more.before(line); else (place.querySelector(".meta") ?? place).append(line);
  }
  const count = notes.length ? [buttons.dataset.notes.replace("{n}", notes.length)] : [];
  line.textContent = [...tags.map((tag) => `#${tag}`), ...count].join(" · ");
}

function show(place) {
  const { paper } = place.dataset;
  const button = place.querySelector(".star");
  button.setAttribute("aria-pressed", isStarred(paper));
  button.textContent = isStarred(paper) ? "★" : "☆";
  for (const [name, isOn] of [["read", isRead(paper)], ["hide", isHidden(paper)]]) {
    place.querySelector(`[data-act=${name}]`)?.setAttribute("aria-pressed", isOn);
  }
  if (place.matches("article")) return;
  place.classList.toggle("is-read", isRead(paper));
  place.classList.toggle("is-hidden", isHidden(paper) && !place.closest("[data-with-hidden]"));
  ownWords(place);
}

function dress(place) {
  if (!place.querySelector(".star")) place.querySelector("h1, h2, h3").after(starOf(place));
  const details = place.querySelector("details"); // where they move nothing
  if (details && !place.querySelector(".acts")) details.append(buttons.content.cloneNode(true));
  show(place);
}

export function mark(within) {
  for (const place of within.querySelectorAll("[data-paper]")) {
    dress(place);
    if (place.querySelector("h1")) markRead(place.dataset.paper);
  }
}

document.addEventListener("marks", ({ detail }) => {
  for (const place of document.querySelectorAll(`[data-paper="${CSS.escape(detail)}"]`)) {
    if (place.querySelector(".star")) show(place);
  }
});

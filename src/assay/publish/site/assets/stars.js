// Puts a star beside every paper of a page, and marks those that were read. Opening a paper's page counts as reading.
import { isRead, isStarred, markRead, star } from "./shelf.js";

const words = document.querySelector("#keys").dataset;

export const titleOf = (place) => place.querySelector("h1, h2, h3").textContent.trim();

function show(button, isOn) {
  button.setAttribute("aria-pressed", isOn);
  button.textContent = isOn ? "★" : "☆";
}

export function toggle(place) {
  const { paper } = place.dataset;
  const isOn = !isStarred(paper);
  star(paper, titleOf(place), isOn);
  for (const button of document.querySelectorAll(`[data-paper="${CSS.escape(paper)}"] .star`)) show(button, isOn);
}

function addStar(place) {
  const heading = place.querySelector("h1, h2, h3");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "star";
  button.setAttribute("aria-label", `${words.star}: ${titleOf(place)}`);
  show(button, isStarred(place.dataset.paper));
  button.addEventListener("click", () => toggle(place));
  heading.after(button);
}

export function mark(within) {
  for (const place of within.querySelectorAll("[data-paper]")) {
    if (!place.querySelector(".star")) addStar(place);
    if (place.querySelector("h1")) markRead(place.dataset.paper, titleOf(place));
    else if (isRead(place.dataset.paper)) place.classList.add("is-read");
  }
}

// Offers to take back what was done last, for as long as the page is open.
const place = document.querySelector("#done");
const button = place.querySelector("button");
let back = null;

export function offer(words, takeBack) {
  back = takeBack;
  place.querySelector("span").textContent = words;
  button.hidden = false;
}

export function undo() {
  if (!back) return;
  back();
  back = null;
  place.querySelector("span").textContent = place.dataset.undone;
  button.hidden = true;
}

button.addEventListener("click", undo);
export const words = place.dataset;

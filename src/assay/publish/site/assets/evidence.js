// What a figure rests on opens below the text, one at a time; Escape, or a tap elsewhere, closes it.
const figures = [...document.querySelectorAll("details.fig")];

function closeBut(kept) {
  for (const figure of figures) if (figure !== kept) figure.open = false;
}

export function closeEvidence() {
  for (const figure of figures) figure.addEventListener("toggle", () => { if (figure.open) closeBut(figure); });
  document.addEventListener("click", (event) => closeBut(event.target.closest("details.fig")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = figures.find((figure) => figure.open);
    closeBut(null);
    open?.querySelector("summary").focus();
  });
}

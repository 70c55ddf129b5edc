// The plot of claims: one point at a time is a stop of the Tab key, arrows go on from it, and the point that one looks at
// is told in words. A finger tells first what a point is, and opens it with a second tap.
const points = [...document.querySelectorAll("svg.claims-plot[role] a")];
const readout = document.querySelector("#readout");

function tell(point) {
  const link = document.createElement("a");
  link.href = point.getAttribute("href");
  link.textContent = point.querySelector("title").textContent;
  link.tabIndex = -1;
  readout.replaceChildren(link);
  for (const other of points) other.tabIndex = other === point ? 0 : -1;
}

const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -Infinity, End: Infinity };

for (const [at, point] of points.entries()) {
  point.tabIndex = at ? -1 : 0;
  point.addEventListener("focus", () => tell(point));
  point.addEventListener("pointerenter", () => tell(point));
  point.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    points[Math.min(Math.max(at + steps[event.key], 0), points.length - 1)].focus();
  });
  let told = false;
  point.addEventListener("pointerdown", (event) => {
    told = event.pointerType !== "touch" || document.activeElement === point;
  });
  point.addEventListener("click", (event) => {
    if (told || event.detail === 0) return; // a mouse shows it before; a key has the focus there
    event.preventDefault();
    point.focus();
  });
}

// The form that starts a run: the claims of the chosen paper, and then the page of the run.
import { ask } from "./ask.js";

const form = document.querySelector("#run");
const trouble = document.querySelector("#run-trouble");

function showClaims() {
  const { paper, claim } = form.elements;
  const names = paper.selectedOptions[0].dataset.claims.split(" ");
  claim.replaceChildren(claim.options[0], ...names.map((name) => new Option(name, name, false, name === claim.dataset.wanted)));
}

async function start(event) {
  event.preventDefault();
  const wanted = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
  const button = form.querySelector("button");
  button.disabled = true; // to press it twice is to want one run
  trouble.textContent = "";
  try {
    const run = await ask("api/runs", wanted);
    location.href = `${form.dataset.runs}${run.id}/index.html`;
  } catch (error) {
    trouble.textContent = error.message;
  }
  button.disabled = false;
}

if (form) {
  form.elements.paper.addEventListener("change", showClaims);
  form.addEventListener("submit", start);
  showClaims();
}

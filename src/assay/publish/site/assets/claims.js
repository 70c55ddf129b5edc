// The ledger of claims, filtered and sorted as one types, paper by paper. What is asked for lives in the address.
// Words are found as `assay claims` finds them: see assay.store.ledger.
import { readAddress, writeAddress } from "./address.js";

const SPEED = ["speed", "speedup", "faster", "throughput", "latency"];
const form = document.querySelector("#filter");
const count = document.querySelector("#count");
const ledger = document.querySelector("#ledger");

function cut(text) {
  const words = text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, " ").trim();
  return words.replaceAll("speed up", "speedup");
}

function beginnings(word) {
  if (SPEED.includes(word)) return SPEED;
  if (word.length > 4 && /(y|ies)$/.test(word)) return [word.replace(/(y|ies)$/, "")];
  return [word.length > 3 && /s$/.test(word) && !/(ss|us|is)$/.test(word) ? word.slice(0, -1) : word];
}

function has(text, asked) {
  return asked.every((words) => words.some((word) => text.includes(` ${word}`)));
}

// The metric in the page's words and in the paper's.
function metricOf(row) {
  const place = row.querySelector("[data-metric]");
  return ` ${cut(`${place.textContent} ${place.dataset.metric}`)}`;
}

const groups = [...ledger.children].map((section, place) => ({
  section,
  place,
  title: section.querySelector("a").textContent,
  rows: [...section.querySelectorAll("li")].map((row) => ({
    row,
    unit: row.dataset.unit,
    kind: row.dataset.kind,
    high: row.dataset.high === "" ? NaN : Number(row.dataset.high),
    day: row.dataset.day,
    metric: metricOf(row),
    baseline: ` ${cut(row.querySelector(".against").textContent)}`,
  })),
}));

const largest = (group) => Math.max(...group.shown.map((each) => (Number.isNaN(each.high) ? -Infinity : each.high)));
const orders = {
  "": (one, other) => one.place - other.place,
  title: (one, other) => one.title.localeCompare(other.title),
  count: (one, other) => other.shown.length - one.shown.length || one.place - other.place,
  figure: (one, other) => (largest(other) > largest(one)) - (largest(other) < largest(one)) || one.place - other.place,
};

function filter() {
  const { unit, kind, min, metric, baseline, since } = Object.fromEntries(new FormData(form));
  const asked = [metric, baseline].map((text) => cut(text).split(" ").filter(Boolean).map(beginnings));
  let total = 0;
  for (const group of groups) {
    group.shown = group.rows.filter((each) => {
      const fits = (!unit || each.unit === unit) && (!kind || each.kind === kind)
        && (!min || each.high >= Number(min)) && (!since || each.day >= since)
        && has(each.metric, asked[0]) && has(each.baseline, asked[1]);
      each.row.hidden = !fits;
      return fits;
    });
    group.section.hidden = !group.shown.length;
    total += group.shown.length;
  }
  count.textContent = form.dataset.count.replace("{n}", total);
}

function sort() {
  const order = orders[form.elements.sort.value];
  ledger.append(...[...groups].sort(order).map((group) => group.section));
}

form.addEventListener("input", () => { filter(); sort(); writeAddress(form); });
form.addEventListener("submit", (event) => event.preventDefault());
if (readAddress(form)) writeAddress(form);
filter();
if (form.elements.sort.value) sort();

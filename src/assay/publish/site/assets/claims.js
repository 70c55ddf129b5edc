// The table of claims, filtered as one types. The filters live in the URL, so that a selection can be linked to.
// Words are found as `assay claims` finds them: see assay.store.ledger.
const SPEED = ["speed", "speedup", "faster", "throughput", "latency"];
const form = document.querySelector("#filter");
const count = document.querySelector("#count");

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

const rows = [...document.querySelectorAll("#ledger tr")].map((row) => ({
  row,
  unit: row.dataset.unit,
  kind: row.dataset.kind,
  high: Number(row.dataset.high),
  day: row.dataset.day,
  metric: ` ${cut(row.cells[1].firstChild.textContent)}`, // without the data set below it
  baseline: ` ${cut(row.cells[2].textContent)}`,
}));

function filter() {
  const { unit, kind, min, metric, baseline, since } = Object.fromEntries(new FormData(form));
  const asked = [metric, baseline].map((text) => cut(text).split(" ").filter(Boolean).map(beginnings));
  let shown = 0;
  for (const each of rows) {
    const fits = (!unit || each.unit === unit) && (!kind || each.kind === kind)
      && (!min || each.high >= Number(min)) && (!since || each.day >= since)
      && has(each.metric, asked[0]) && has(each.baseline, asked[1]);
    each.row.hidden = !fits;
    shown += fits;
  }
  count.textContent = form.dataset.count.replace("{n}", shown);
  const address = new URL(location.href);
  for (const [name, value] of new FormData(form)) {
    if (value) address.searchParams.set(name, value); else address.searchParams.delete(name);
  }
  history.replaceState(null, "", address);
}

form.hidden = false;
for (const [name, value] of new URL(location.href).searchParams) {
  if (form.elements[name]) form.elements[name].value = value;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();

// Search as one types: the server finds, an older request is given up for a newer one, and the address keeps what was
// asked. From the field, Enter and the arrow lead into what was found.
import { ask } from "./ask.js";
import { readAddress, writeAddress } from "./address.js";
import { load } from "./shelf.js";
import { mark } from "./stars.js";

const PAUSE = 60; // milliseconds in which the next letter may come
const form = document.querySelector("#search");
const field = document.querySelector("#query");
const count = document.querySelector("#count");
const hits = document.querySelector("#hits");
const more = document.querySelector("#more");
const save = document.querySelector("#save");
const missing = document.querySelector("#missing");
const blank = document.querySelector("template#hit");
const words = form.dataset;
const most = Number(words.most);
let limit = Math.max(hits.children.length, Number(words.limit));
let older = new AbortController();
let timer = 0; // until the letters that were typed are looked for
let looking = Promise.resolve();

function piece({ text, is_match: isMatch }) {
  if (!isMatch) return document.createTextNode(text);
  const match = document.createElement("mark");
  match.textContent = text;
  return match;
}

function entry({ id, title, day, snippet, withdrawn }) {
  const item = blank.content.firstElementChild.cloneNode(true);
  item.dataset.paper = id;
  const link = item.querySelector("h2 a");
  link.href = `${words.papers}${id}/index.html`;
  link.textContent = title;
  const notice = item.querySelector(".withdrawn");
  notice.hidden = !withdrawn;
  notice.textContent = withdrawn ? words.withdrawn.replace("{date}", withdrawn.slice(0, 10)) : "";
  item.querySelector(".excerpt").append(...snippet.map(piece));
  item.querySelector(".meta span").textContent = id;
  item.querySelector("time").textContent = day ?? "";
  return item;
}

const asked = () => [...new FormData(form)].filter(([, value]) => value.trim());

function line({ papers, has_more: hasMore }) {
  if (!papers.length) return asked().length ? words.noHits : "";
  return (hasMore ? words.many : words.hits).replace("{n}", papers.length);
}

async function show(found, signal) {
  await load(found.papers.map(({ id }) => id)).catch(() => {}); // then they come without her marks
  if (signal.aborted) return;
  const { paper } = document.activeElement.closest("#hits li")?.dataset ?? {};
  hits.replaceChildren(...found.papers.map(entry));
  mark(hits);
  if (paper) hits.querySelector(`[data-paper="${CSS.escape(paper)}"] h2 a`)?.focus();
  count.textContent = line(found);
  more.hidden = !found.has_more;
  missing.hidden = !found.missing;
  missing.elements.paper.value = found.missing ?? "";
}

function showFault(why) {
  hits.replaceChildren();
  more.hidden = missing.hidden = true;
  count.textContent = why;
}

// The page in the other language asks the same.
function carryOn() {
  const query = new URLSearchParams(asked());
  for (const link of document.querySelectorAll("a[hreflang]")) link.search = query;
  const others = asked().filter(([name]) => name !== "q");
  save.hidden = !field.value.trim() || others.length > 0;
  save.elements.value.value = field.value;
}

async function look() {
  older.abort();
  older = new AbortController();
  const { signal } = older;
  carryOn();
  try {
    const query = new URLSearchParams([...asked(), ["limit", limit]]);
    const found = asked().length ? await ask(`api/search?${query}`, null, "GET", { signal }) : { papers: [] };
    await show(found, signal);
  } catch (error) {
    if (signal.aborted) return;
    showFault(error.status ? error.message : words.noAnswer);
    save.hidden = true;
  }
}

function lookNow() {
  clearTimeout(timer);
  timer = 0;
  looking = look();
}

function lookSoon() {
  limit = Number(words.limit);
  writeAddress(form);
  clearTimeout(timer);
  timer = setTimeout(lookNow, PAUSE);
}

// The form has no button where a script runs, so that Enter alone sends nothing.
async function enter(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  if (timer) lookNow();
  await looking;
  hits.querySelector("h2 a")?.focus();
}

function step(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by || event.target.matches("select, [type=date]")) return;
  const links = [...hits.querySelectorAll("h2 a")];
  const at = links.indexOf(document.activeElement);
  if (at < 0 && document.activeElement !== field) return;
  event.preventDefault();
  (links[at + by] ?? (at + by < 0 ? field : links.at(-1)))?.focus();
}

form.addEventListener("input", lookSoon);
field.addEventListener("keydown", enter);
more.addEventListener("click", (event) => {
  event.preventDefault();
  limit = Math.min(limit + Number(words.limit), most);
  lookNow();
});
document.addEventListener("keydown", step);
const isNewer = readAddress(form);
carryOn();
if (isNewer) lookSoon();

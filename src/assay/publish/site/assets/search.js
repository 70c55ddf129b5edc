// Search as one types, over all papers of the site and every language. The query lives in the URL, so that a search can
// be linked to. The papers come in files by month, which the browser keeps.
import { makeIndex, search } from "./search-papers.js";
import { excerpt } from "./search-excerpt.js";
import { mark } from "./stars.js";

const PAGE = 20;
const form = document.querySelector("#search");
const field = document.querySelector("#query");
const count = document.querySelector("#count");
const hits = document.querySelector("#hits");
const language = document.documentElement.lang;
const index = new URL(form.dataset.index, location.href);
let latest = 0;

async function load(name) {
  const answer = await fetch(new URL(name, index));
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return answer.json();
}

const loaded = load("parts.json").then(async (parts) => makeIndex((await Promise.all(parts.map(load))).flat()));
loaded.catch(() => { count.textContent = form.dataset.noIndex; });

function entry(paper, terms) {
  const item = document.createElement("li");
  item.dataset.paper = paper.id;
  const title = document.createElement("h2");
  const link = document.createElement("a");
  link.href = `${form.dataset.home}paper/${paper.id}/index.html`;
  link.textContent = paper.title;
  title.append(link);
  const lead = document.createElement("p");
  lead.textContent = paper.leads[language] ?? Object.values(paper.leads)[0] ?? "";
  const words = document.createElement("p");
  words.className = "excerpt";
  const texts = [paper.abstract, ...paper.texts, paper.title, paper.authors.join(", "), paper.organisation,
    paper.keywords.join(", "), ...paper.links];
  for (const [text, isMatch] of excerpt(texts, terms)) {
    const piece = isMatch ? document.createElement("mark") : document.createTextNode(text);
    if (isMatch) piece.textContent = text;
    words.append(piece);
  }
  item.append(title);
  if (paper.withdrawn[language]) {
    const notice = document.createElement("p");
    notice.className = "status trouble withdrawn";
    notice.textContent = paper.withdrawn[language];
    item.append(notice);
  }
  item.append(lead, words);
  return item;
}

function show(found, terms, from) {
  hits.append(...found.slice(from, from + PAGE).map((paper) => entry(paper, terms)));
  mark(hits);
  if (from + PAGE >= found.length) return;
  const more = document.createElement("button");
  more.type = "button";
  more.textContent = form.dataset.more;
  more.addEventListener("click", () => { more.remove(); show(found, terms, from + PAGE); });
  hits.after(more);
}

function look(papers, query) {
  if (!query) return { found: [], terms: [], line: "" };
  try {
    const { found, terms } = search(papers, query);
    return { found, terms, line: found.length ? form.dataset.hits.replace("{n}", found.length) : form.dataset.noHits };
  } catch (error) {
    return { found: [], terms: [], line: error.message };
  }
}

async function update() {
  const mine = ++latest;
  const query = field.value.trim();
  const address = new URL(location.href);
  if (query) address.searchParams.set("q", query); else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  const papers = await loaded;
  if (mine !== latest) return;
  const { found, terms, line } = look(papers, query);
  hits.replaceChildren();
  hits.parentElement.querySelectorAll("button").forEach((button) => button.remove());
  count.textContent = line;
  show(found, terms, 0);
}

field.addEventListener("input", update);
form.addEventListener("submit", (event) => { event.preventDefault(); update(); });
field.value = new URL(location.href).searchParams.get("q") ?? "";
if (field.value) update();
field.focus();

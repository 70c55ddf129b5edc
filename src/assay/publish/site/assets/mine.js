// The reader's own list: what was starred and read in this browser, as a page; saved to a file and added from one.
import { addFile, asFile, clear, load } from "./shelf.js";
import { mark } from "./stars.js";

const place = document.querySelector("#mine");
const stars = document.querySelector("#stars");
const reads = document.querySelector("#reads");
const status = document.querySelector("#mine-status");
const words = place.dataset;

function link(paper, title) {
  const anchor = document.createElement("a");
  anchor.href = `${words.home}paper/${paper}/index.html`;
  anchor.textContent = title || paper;
  return anchor;
}

function entry(paper, title) {
  const item = document.createElement("li");
  item.dataset.paper = paper;
  const heading = document.createElement("h2");
  heading.append(link(paper, title));
  item.append(heading);
  return item;
}

function show() {
  const shelf = load();
  const starred = Object.entries(shelf.stars).reverse();
  const read = Object.entries(shelf.read).filter(([paper]) => !(paper in shelf.stars)).reverse();
  stars.replaceChildren(...starred.map(([paper, title]) => entry(paper, title)));
  reads.replaceChildren(...read.map(([paper, title]) => {
    const item = document.createElement("li");
    item.append(link(paper, title));
    return item;
  }));
  document.querySelector("#mine-none").hidden = starred.length > 0;
  document.querySelector("#read-section").hidden = !read.length;
  status.textContent = starred.length ? words.count.replace("{n}", starred.length) : "";
  mark(stars);
  if ([...starred, ...read].some(([, title]) => !title)) nameAll();
}

// Papers that came from a file have no title yet: the search index has them, if this site has the papers.
async function nameAll() {
  const index = new URL(words.index, location.href);
  const get = async (name) => (await fetch(new URL(name, index))).json();
  try {
    const papers = (await Promise.all((await get("parts.json")).map(get))).flat();
    const titles = new Map(papers.map((paper) => [paper.id, paper.title]));
    for (const anchor of place.querySelectorAll("li a")) anchor.textContent = titles.get(anchor.textContent) ?? anchor.textContent;
  } catch {
    // opened as a file: the ids must do
  }
}

document.querySelector("#export").addEventListener("click", () => {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([asFile()], { type: "application/json" }));
  anchor.download = "assay-reader.json";
  anchor.click();
  URL.revokeObjectURL(anchor.href);
});
document.querySelector("#import").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  let line;
  try {
    line = words.imported.replace("{n}", addFile(await file.text()));
  } catch {
    line = words.refused;
  }
  event.target.value = "";
  show();
  status.textContent = line;
});
document.querySelector("#clear").addEventListener("click", () => {
  if (window.confirm(words.sure)) { clear(); show(); }
});
show();

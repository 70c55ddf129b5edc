// Search as one types, with Pagefind's index of this page's language; what that does not have is looked for in the
// site's other languages. The query lives in the URL, so that a search can be linked to.
const PAGE = 20;
const form = document.querySelector("#search");
const field = document.querySelector("#query");
const count = document.querySelector("#count");
const hits = document.querySelector("#hits");
let latest = 0;
document.querySelector("#no-script").remove();

const script = new URL(form.dataset.index, location.href);
const index = import(script).then(async (pagefind) => {
  await pagefind.init();
  return pagefind;
});
index.catch(() => { count.textContent = form.dataset.noIndex; });

let others;
function otherLanguages() {
  others ??= index.then(async (pagefind) => {
    const instance = pagefind.createInstance();
    for (const language of form.dataset.others.split(" ").filter(Boolean)) {
      await instance.mergeIndex(new URL(".", script).href, { language });
    }
    return instance;
  });
  return others;
}

async function find(query) {
  const { results } = await (await index).search(query);
  return results.length ? results : (await (await otherLanguages()).search(query)).results;
}

function entry(hit) {
  const item = document.createElement("li");
  const title = document.createElement("h2");
  const link = document.createElement("a");
  link.href = hit.url;
  link.textContent = hit.meta.title;
  title.append(link);
  const lead = document.createElement("p");
  lead.textContent = hit.meta.lead ?? "";
  const excerpt = document.createElement("p");
  excerpt.className = "excerpt";
  excerpt.innerHTML = hit.excerpt; // escaped by Pagefind; holds only its <mark> elements
  item.append(title, lead, excerpt);
  return item;
}

async function show(results, from) {
  const mine = latest;
  const page = await Promise.all(results.slice(from, from + PAGE).map((result) => result.data()));
  if (mine !== latest) return;
  hits.append(...page.map(entry));
  if (from + PAGE >= results.length) return;
  const more = document.createElement("button");
  more.type = "button";
  more.textContent = form.dataset.more;
  more.addEventListener("click", () => { more.remove(); show(results, from + PAGE); });
  hits.after(more);
}

async function search() {
  const mine = ++latest;
  const query = field.value.trim();
  const address = new URL(location.href);
  if (query) address.searchParams.set("q", query); else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  const results = query ? await find(query) : [];
  if (mine !== latest) return;
  hits.replaceChildren();
  hits.parentElement.querySelectorAll("button").forEach((button) => button.remove());
  count.textContent = !query ? ""
    : results.length ? form.dataset.hits.replace("{n}", results.length) : form.dataset.noHits;
  await show(results, 0);
}

field.addEventListener("input", search);
form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
field.value = new URL(location.href).searchParams.get("q") ?? "";
if (field.value) search();
field.focus();

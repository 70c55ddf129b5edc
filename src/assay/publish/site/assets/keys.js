// The keys of the site. None of them is taken while one types, or together with another key; the help lists them.
import { toggle } from "./stars.js";

const help = document.querySelector("#keys");
const papers = () => [...document.querySelectorAll("li[data-paper]:not([hidden])")];

function isTyping(event) {
  const { target } = event;
  const isField = target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName);
  return isField || event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
}

export function current() {
  return document.activeElement.closest("[data-paper]") ?? document.querySelector("article[data-paper]");
}

// To the next paper of the list; on a paper's own page, to the page of the next one.
function step(by) {
  const list = papers();
  if (!list.length) return document.querySelector(`nav.days a[rel=${by > 0 ? "next" : "prev"}]`)?.click();
  const at = list.indexOf(current());
  const place = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)];
  place.querySelector("h2 a, h3 a").focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

function openSearch() {
  const field = document.querySelector("#query");
  if (field) field.focus(); else location.href = help.dataset.search;
}

// What each key does; the app adds its own.
export const actions = {
  j: () => step(1),
  k: () => step(-1),
  o: () => current()?.querySelector("h2 a, h3 a")?.click(),
  e: () => {
    const details = current()?.querySelector("details");
    if (details) details.open = !details.open;
  },
  s: () => { if (current()) toggle(current()); },
  h: () => document.querySelector("a[rel=prev]")?.click(),
  l: () => document.querySelector("a[rel=next]")?.click(),
  "/": openSearch,
  "?": () => help.showModal(),
};

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || isTyping(event) || !(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  });
  help.querySelector("button").addEventListener("click", () => help.close());
  document.querySelector("#show-keys").addEventListener("click", () => help.showModal());
}

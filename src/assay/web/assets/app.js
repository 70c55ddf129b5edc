// What every page of the app has beside the site's: the keys for what is a reader's own, her tags and notes on a paper's
// page, and that she has seen the day that is shown.
import { acts } from "./acts.js";
import { connect } from "./hers.js";
import { actions, current } from "./keys.js";
import { idsIn, marksOf, see } from "./shelf.js";
import { undo } from "./undo.js";

const go = (path) => document.querySelector(`.masthead a[href$="${path}index.html"]`).click();
const on = (name) => () => { const place = current(); if (place) acts[name](place); };

Object.assign(actions, {
  r: on("read"),
  h: on("hide"),
  t: on("tag"),
  n: on("note"),
  u: undo,
  "[": actions.h,
  "]": actions.l,
  f: () => go("for-me/"),
  m: () => go("mine/"),
});
const panel = document.querySelector("#hers");
if (panel) connect(panel);
for (const list of document.querySelectorAll("[data-day]")) {
  const papers = idsIn(list);
  if (papers.some((paper) => !marksOf(paper).shown)) see(list.dataset.day, papers);
}

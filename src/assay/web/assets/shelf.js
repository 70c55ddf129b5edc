// The reader's own marks, kept by the server: what this page's papers have, and every change sent at once.
import { ask } from "./ask.js";

const papers = [...new Set([...document.querySelectorAll("[data-paper]")].map((place) => place.dataset.paper))];
const marks = papers.length ? await ask(`api/marks?${new URLSearchParams(papers.map((paper) => ["paper", paper]))}`) : {};

export const marksOf = (paper) => marks[paper] ?? {};
export const isStarred = (paper) => Boolean(marksOf(paper).starred);
export const isRead = (paper) => Boolean(marksOf(paper).read);

async function change(paper, mark, on) {
  marks[paper] = { ...marksOf(paper), [mark]: on };
  marks[paper] = await ask("api/marks", { paper, mark, on });
}

export const star = (paper, _title, isOn) => change(paper, "starred", isOn);
export const markRead = (paper) => { if (!isRead(paper)) change(paper, "read", true); };
export const hide = (paper, isOn) => change(paper, "hidden", isOn);

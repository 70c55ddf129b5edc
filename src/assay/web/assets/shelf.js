// The reader's own marks, kept by the server: what this page's papers have, and every change, shown at once and then sent.
// Whoever shows a paper hears of its changes by the event `marks`.
import { ask } from "./ask.js";
import { flush, send, tell } from "./outbox.js";

const AT_ONCE = 200;
const marks = {};
const changing = {};

export const marksOf = (paper) => marks[paper] ?? {};
export const isStarred = (paper) => Boolean(marksOf(paper).starred);
export const isRead = (paper) => Boolean(marksOf(paper).read);
export const isHidden = (paper) => Boolean(marksOf(paper).hidden);
export const idsIn = (within) => [...new Set([...within.querySelectorAll("[data-paper]")].map((place) => place.dataset.paper))];

function set(paper, own) {
  marks[paper] = own;
  document.dispatchEvent(new CustomEvent("marks", { detail: paper }));
}

// Learns what she did with papers that came onto the page.
export async function load(papers) {
  const wanted = papers.filter((paper) => paper && !(paper in marks));
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE);
    const found = await ask(`api/marks?${new URLSearchParams(some.map((paper) => ["paper", paper]))}`);
    for (const paper of some) marks[paper] ??= found[paper] ?? {};
  }
}

async function change(paper, expected, path, body) {
  changing[paper] = (changing[paper] ?? 0) + 1;
  set(paper, { ...marksOf(paper), ...expected });
  let own = null;
  try {
    own = await send(path, { paper, ...body });
  } catch {
    own = (await ask(`api/marks?paper=${encodeURIComponent(paper)}`))[paper] ?? {}; // it was refused, and said so
  }
  changing[paper] -= 1;
  if (!changing[paper]) set(paper, own); // else a later change is on its way
}

const withMark = (mark) => (paper, isOn) => change(paper, { [mark]: isOn }, "api/marks", { mark, on: isOn });
const setStarred = withMark("starred");
export const setRead = withMark("read");
export const hide = withMark("hidden");
export const star = (paper, _title, isOn) => setStarred(paper, isOn);
export const markRead = (paper) => { if (!isRead(paper)) setRead(paper, true); };

export function tag(paper, name, isOn) {
  const others = (marksOf(paper).tags ?? []).filter((each) => each.toLowerCase() !== name.toLowerCase());
  return change(paper, { tags: isOn ? [...others, name] : others }, "api/tags", { tag: name, on: isOn });
}

// Writes a note, in the place of another one if there is one; without a text, that one goes.
export function note(paper, text, insteadOf) {
  const others = (marksOf(paper).notes ?? []).filter((each) => each.text !== insteadOf);
  const notes = text === null ? others : [...others, { text, at: new Date().toISOString() }];
  return change(paper, { notes }, "api/notes", { text, instead_of: insteadOf ?? null });
}

export const see = (day, papers) => send("api/seen", { day, papers });

await flush();
try {
  await load(idsIn(document));
} catch (error) {
  tell(`${document.querySelector("#unsent").dataset.unread} ${error.message}`, () => location.reload());
}

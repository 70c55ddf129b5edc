// What a reader does with a paper, by one key or by a button: read, hide, tag, note.
import { ask } from "./ask.js";
import { hide, isHidden, isRead, note, setRead, tag } from "./shelf.js";
import { titleOf } from "./stars.js";
import { offer, words } from "./undo.js";

const tagging = document.querySelector("#tagging");
const noting = document.querySelector("#noting");

function toggleHidden({ dataset: { paper } }) {
  const isOn = !isHidden(paper);
  hide(paper, isOn);
  if (isOn) offer(words.hidden, () => hide(paper, false));
}

// Opens a dialog about a paper; what it is for is done when its first button closes it.
function open(dialog, place, done) {
  const form = dialog.querySelector("form");
  form.reset();
  dialog.querySelector(".of").textContent = titleOf(place);
  form.onsubmit = ({ submitter }) => { if (submitter.value === "keep") done(form.elements); };
  dialog.showModal();
  return form.elements;
}

async function suggestTags() {
  const tags = await ask("api/tags");
  tagging.querySelector("datalist").replaceChildren(...Object.keys(tags).map((name) => new Option(name, name)));
}

export function giveTag(place) {
  const { paper } = place.dataset;
  open(tagging, place, (fields) => {
    const name = fields.tag.value.trim();
    if (!name) return;
    tag(paper, name, true);
    offer(words.kept, () => tag(paper, name, false));
  });
  suggestTags().catch(() => {}); // then there is nothing to choose from
}

// Writes a note, or another one in its place.
export function writeNote(place, before) {
  const { paper } = place.dataset;
  const fields = open(noting, place, ({ text }) => {
    const after = text.value.trim();
    if (!after || after === before) return;
    note(paper, after, before);
    offer(words.kept, () => note(paper, before ?? null, after));
  });
  if (before) fields.text.value = before;
}

export const acts = {
  read: ({ dataset: { paper } }) => setRead(paper, !isRead(paper)),
  hide: toggleHidden,
  tag: giveTag,
  note: (place) => writeNote(place),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  const place = button?.closest("[data-paper]");
  if (place) acts[button.dataset.act](place);
});
noting.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) noting.querySelector("button[value=keep]").click();
});

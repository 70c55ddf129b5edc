// On a paper's page: the reader's tags and notes, each with what takes it away again, a note also with what changes it.
import { writeNote } from "./acts.js";
import { marksOf, note, tag } from "./shelf.js";
import { offer, words } from "./undo.js";

function button(text, name, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", act);
  return made;
}

function tagItem(paper, name, remove) {
  const item = document.createElement("li");
  item.append(`#${name} `, button("×", `${remove}: ${name}`, () => {
    tag(paper, name, false);
    offer(words.untagged, () => tag(paper, name, true));
  }));
  return item;
}

function noteItem(place, { text, at }, { edit, remove }) {
  const { paper } = place.dataset;
  const item = document.createElement("li");
  const body = document.createElement("p");
  body.className = "note";
  body.textContent = text;
  const time = document.createElement("time");
  time.dateTime = at;
  time.textContent = at.slice(0, 10);
  const line = document.createElement("p");
  line.className = "acts";
  line.append(time, button(edit, edit, () => writeNote(place, text)), button(remove, remove, () => {
    note(paper, null, text);
    offer(words.unnoted, () => note(paper, text));
  }));
  item.append(body, line);
  return item;
}

export function connect(panel) {
  const place = panel.closest("[data-paper]");
  const { paper } = place.dataset;

  function show() {
    const { tags = [], notes = [] } = marksOf(paper);
    panel.querySelector(".tags").replaceChildren(...tags.map((name) => tagItem(paper, name, panel.dataset.remove)));
    panel.querySelector(".notes").replaceChildren(...notes.map((each) => noteItem(place, each, panel.dataset)));
  }

  document.addEventListener("marks", ({ detail }) => { if (detail === paper) show(); });
  show();
}

"""What the browser is sent: a page that shows what the server says and reports what is done to it. It knows no rule."""

from html import escape

from assay.methods.agents.webgames.game import Game

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""The pages' content security policy: nothing from elsewhere, and no script in an address."""

SCRIPT = r"""
"use strict";
const stage = document.getElementById("stage");
let queue = Promise.resolve();
let held = null;
let dragged = null;

// Resolves when all that was done has been answered, and the page shows it.
window.settled = async () => {
  let last;
  do { last = queue; await last; } while (last !== queue);
  if (stage.dataset.live) await look();
};

function show(html) {
  if (html === stage.shown) return;
  const typed = new Map(fields().map(e => [e.dataset.name, state(e)]));
  stage.innerHTML = stage.shown = html;
  for (const each of fields()) {
    if (!typed.has(each.dataset.name)) continue;
    if (each.type === "checkbox") each.checked = typed.get(each.dataset.name) === "on";
    else each.value = typed.get(each.dataset.name);
  }
}
const fields = () => [...stage.querySelectorAll("input[data-name], select[data-name]")];
const state = e => e.type === "checkbox" ? (e.checked ? "on" : "off") : e.value;
const named = (target, what) => target instanceof Element ? target.closest(what) : null;

async function look() {
  const answer = await fetch("view?at=" + encodeURIComponent(stage.dataset.place));
  if (answer.ok) show(await answer.text());
}

function report(kind, target, value) {
  const typed = Object.fromEntries(fields().map(e => [e.dataset.name, state(e)]));
  const body = JSON.stringify({kind, target, value: value || "", fields: typed, place: stage.dataset.place});
  queue = queue.then(async () => {
    const answer = await fetch("move", {method: "POST", body});
    if (answer.ok) show(await answer.text());
  }).catch(() => {});
}

function on(event, what, act) {
  document.addEventListener(event, e => {
    const target = e.isTrusted && named(e.target, what);
    if (target) act(target, e);
  }, true);
}

on("click", "[data-do~=click]", e => report("click", e.dataset.name));
on("contextmenu", "[data-do~=context]", (e, event) => { event.preventDefault(); report("context", e.dataset.name); });
on("mouseover", "[data-do~=hover]", e => report("hover", e.dataset.name));
on("click", "[data-do~=point]", (e, event) => {
  const box = e.getBoundingClientRect();
  report("point", e.dataset.name, Math.floor(event.clientX - box.x) + "," + Math.floor(event.clientY - box.y));
});
on("mousedown", "[data-do~=hold]", e => { held = e.dataset.name; report("press", held); });
on("mousedown", "[data-drag]", e => { dragged = e.dataset.name; });
document.addEventListener("mouseup", event => {
  if (!event.isTrusted) return;
  if (held) report("release", held);
  const zone = named(event.target, "[data-zone]");
  if (dragged && zone) report("drop", dragged, zone.dataset.name);
  held = dragged = null;
}, true);
document.addEventListener("keydown", event => {
  if (!event.isTrusted || !stage.querySelector("[data-keys]")) return;
  if (["Control", "Alt", "Shift", "Meta"].includes(event.key)) return;
  event.preventDefault();
  const chord = (event.ctrlKey ? "Control+" : "") + (event.shiftKey ? "Shift+" : "") + (event.altKey ? "Alt+" : "");
  report("key", "", chord + event.key.toLowerCase());
}, true);
document.addEventListener("scroll", () => {
  const view = document.documentElement;
  if (stage.querySelector("[data-scroll]") && view.scrollTop + view.clientHeight >= view.scrollHeight - 4)
    report("scroll", "page");
}, true);
stage.shown = stage.innerHTML;
"""

STYLE = """
body { font: 16px/1.4 sans-serif; margin: 1em; }
button, .thing, .shelf { font: inherit; margin: .2em; padding: .3em .7em; }
.thing, .shelf { border: 1px solid #888; user-select: none; }
.thing { display: inline-block; background: #def; cursor: grab; }
.notice { position: fixed; inset: 0; background: #fffe; padding: 4em; }
.sheet { border: 4px double #844; padding: 1em; font-size: 1.4em; }
.quiet { color: #fff; }
iframe { width: 100%; height: 9em; border: 1px solid #aaa; }
img { display: block; user-select: none; }
"""


def write_page(game: Game, place: str, stage: str) -> str:
    """A whole page, around what the game shows in a place."""
    live = ' data-live="yes"' if game.live else ""
    title = game.name.replace("-", " ").capitalize()
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<link rel="stylesheet" href="/page.css"><script src="/page.js" defer></script></head>'
        f'<body><main id="stage" data-place="{escape(place)}"{live}>{stage}</main></body></html>'
    )

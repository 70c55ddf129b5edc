"""What a page is asked before the browser acts on it: where an element is to be hit, what lies under the mouse."""

_PATH = r"""
  const path = [];
  for (let each = e; each; each = each.parentElement)
    if (each.dataset && each.dataset.name) path.push(each.dataset.name);
"""
AIM = (
    r"""
e => {
  if (!e.isConnected || !e.checkVisibility({visibilityProperty: true})) return {problem: "is not shown"};
  let box = e.getBoundingClientRect();
  if (box.width * box.height === 0) return {problem: "has no size"};
  if (box.x < 0 || box.y < 0 || box.right > innerWidth || box.bottom > innerHeight) {
    e.scrollIntoView({block: "center", inline: "center"});
    box = e.getBoundingClientRect();
  }
  let x = box.x + box.width / 2, y = box.y + box.height / 2;
  const top = document.elementFromPoint(x, y);
  const fits = top && (e.contains(top) || top.contains(e) || [...(e.labels || [])].some(label => label.contains(top)));
  if (!fits) return {problem: "is covered by something else"};
  const at = [Math.floor(x - box.x), Math.floor(y - box.y)];
  for (let view = window; view !== view.top; view = view.parent) {
    const frame = view.frameElement, outer = frame.getBoundingClientRect();
    x += outer.x + frame.clientLeft; y += outer.y + frame.clientTop;
  }
  const link = e.closest("a[target=_blank]");
"""
    + _PATH
    + "return {x, y, at, path, opens: !!link}; }"
)
UNDER = (
    r"""
([x, y]) => {
  let view = document, e = null;
  for (;;) {
    e = view.elementFromPoint(x, y);
    if (!e || e.tagName !== "IFRAME" || !e.contentDocument) break;
    const box = e.getBoundingClientRect();
    x -= box.x + e.clientLeft; y -= box.y + e.clientTop;
    view = e.contentDocument;
  }
  if (!e) return {path: [], at: null, opens: false};
  const box = e.getBoundingClientRect();
"""
    + _PATH
    + "return {path, at: [Math.floor(x - box.x), Math.floor(y - box.y)], opens: !!e.closest('a[target=_blank]')}; }"
)
FOCUSED = (
    r"""
() => {
  let e = document.activeElement;
  while (e && e.tagName === "IFRAME" && e.contentDocument) e = e.contentDocument.activeElement;
"""
    + _PATH
    + "return path; }"
)
SCROLLED = r"""
async ([x, y, dx, dy]) => {
  const view = document.scrollingElement, frame = () => new Promise(requestAnimationFrame);
  const room = (at, size, whole, by) => by > 0 ? at + size < whole - 1 : by < 0 && at > 0;
  const moves = room(x, view.clientWidth, view.scrollWidth, dx) || room(y, view.clientHeight, view.scrollHeight, dy);
  const until = performance.now() + 10000;
  while (moves && view.scrollLeft === x && view.scrollTop === y && performance.now() < until) await frame();
  for (let n = 0; n < 3; n++) await frame();
}
"""

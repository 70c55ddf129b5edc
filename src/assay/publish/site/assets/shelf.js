// A reader's own papers, kept in this browser alone: what was starred and what was opened, each with its title.
const KEY = "assay-reader";
const FORM = { assay: "reader", version: 1 };

// Nothing is kept where the browser does not allow it: the page works as without stars.
export function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { stars: kept.stars ?? {}, read: kept.read ?? {} };
  } catch {
    return { stars: {}, read: {} };
  }
}

function save(shelf) {
  try {
    localStorage.setItem(KEY, JSON.stringify(shelf));
  } catch {
    // no room, or not allowed
  }
}

export const isStarred = (paper) => paper in load().stars;
export const isRead = (paper) => paper in load().read;

export function star(paper, title, isOn) {
  const shelf = load();
  if (isOn) shelf.stars[paper] = title; else delete shelf.stars[paper];
  save(shelf);
}

export function markRead(paper, title) {
  const shelf = load();
  shelf.read[paper] = title;
  save(shelf);
}

export function clear() {
  save({ stars: {}, read: {} });
}

// As `assay` reads it: the ids, in the order in which they came.
export function asFile() {
  const { stars, read } = load();
  return `${JSON.stringify({ ...FORM, stars: Object.keys(stars), read: Object.keys(read) }, null, 2)}\n`;
}

const isId = (text) => typeof text === "string" && /^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?\/\d{7})$/.test(text);

// Adds what a file has and this shelf has not. Gives how many papers that are; throws for a file of something else.
export function addFile(text) {
  const file = JSON.parse(text);
  if (file?.assay !== FORM.assay || file.version !== FORM.version) throw new Error("not a reader's file");
  const shelf = load();
  const before = new Set([...Object.keys(shelf.stars), ...Object.keys(shelf.read)]);
  for (const name of ["stars", "read"]) {
    for (const paper of (Array.isArray(file[name]) ? file[name] : []).filter(isId)) shelf[name][paper] ??= "";
  }
  save(shelf);
  return [...new Set([...Object.keys(shelf.stars), ...Object.keys(shelf.read)])].filter((id) => !before.has(id)).length;
}

// Sends what the reader did, one thing after the other, in the order in which she did it. What does not arrive is kept,
// shown, and can be sent again; what had not arrived when a page was left is sent by the next page of the same tab.
// Every request may arrive twice: the server does it once.
import { ask } from "./ask.js";

const KEY = "assay-unsent";
const MOST_KEPT_ALIVE = 15_000; // a browser finishes small requests though the page is left
const LONGEST_WAIT = 2_000; // milliseconds
const RETRY = 5_000;
const place = document.querySelector("#unsent");
const button = place?.querySelector("button");
const waiting = new Map();
let unsent = load();
let sending = null;
let later = 0;

function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function keep() {
  try {
    if (unsent.length) sessionStorage.setItem(KEY, JSON.stringify(unsent)); else sessionStorage.removeItem(KEY);
  } catch {
    // no room, or not allowed: then this page alone knows
  }
}

export function tell(words, again) {
  if (!place) return;
  place.querySelector("span").textContent = words;
  button.hidden = !again;
  button.onclick = again;
}

// Whether the server has understood, and will not do it however often it is asked.
const isRefusal = ({ status }) => status >= 400 && status < 500 && ![401, 408, 429].includes(status);

async function sendFirst() {
  const [entry] = unsent;
  const { path, body } = entry;
  const keepalive = JSON.stringify(body).length < MOST_KEPT_ALIVE;
  let answer;
  let refusal = null;
  try {
    answer = await ask(path, body, "POST", { keepalive });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refusal = error;
  }
  unsent.shift();
  keep();
  const { resolve, reject } = waiting.get(entry) ?? {};
  waiting.delete(entry);
  if (refusal) tell(`${place.dataset.refused} ${refusal.message}`);
  if (refusal) reject?.(refusal); else resolve?.(answer);
}

// Gives whether all of it arrived.
async function sendAll() {
  while (unsent.length) {
    try {
      await sendFirst();
      if (!button?.hidden) tell(""); // what was told is true no longer; that something was refused is
    } catch (error) {
      if (error.status === 429) { // so much at once: the server takes it in a moment
        await new Promise((done) => { setTimeout(done, 1000); });
        continue;
      }
      tell(`${place.dataset.unsent.replace("{n}", unsent.length)} ${error.message}`, flush);
      clearTimeout(later);
      later = setTimeout(flush, RETRY);
      return false;
    }
  }
  return true;
}

// Sends all that has not arrived yet.
export function flush() {
  sending ??= sendAll().then((isDone) => {
    sending = null;
    return isDone && unsent.length ? flush() : null; // something may have come while the last answer did
  });
  return sending;
}

// Sends one thing more. Gives the server's answer once there is one; throws if it refuses.
export function send(path, body) {
  const entry = { path, body };
  const answer = new Promise((resolve, reject) => { waiting.set(entry, { resolve, reject }); });
  unsent.push(entry);
  keep();
  flush();
  return answer;
}

// The next page is to show what was done on this one: a link waits for what is on its way, but not for long.
async function follow(event) {
  const link = event.target.closest("a[href]");
  if (!link || !sending || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await Promise.race([flush(), new Promise((done) => { setTimeout(done, LONGEST_WAIT); })]);
  location.href = link.href;
}

document.addEventListener("click", follow);
window.addEventListener("online", flush);
window.addEventListener("beforeunload", (event) => { if (unsent.length && !sending) event.preventDefault(); });

// The other ways to write one word of a query: without its particle, with other letters, with or without apostrophe.
// See writings.py and particles.py in src/assay/store/searching; the tables come from lexicon.py there.
import tables from "./search-tables.js";

const SHORTEST_STEM = 2;
const PARTICLES = tables.particles;
const APOSTROPHE = /(?<=\p{L})['’ʼ`´](?=\p{L})/gu;
const DIGRAPH = /(?<![aeiouq])([aou])e(?=[a-km-rt-z]|[a-z]{2})/gi;
const UMLAUT = new RegExp(`[${Object.keys(tables.umlauts).join("")}]`, "g");
const stackedOn = new Set(tables.stackedOn);
const nounEnds = new Set(tables.nounEnds);

export const withoutApostrophes = (text) => text.replace(APOSTROPHE, "");

// Other ways to write a word, as {text, isWhole}, not the word itself.
export function otherWritings(word) {
  const ways = [{ text: word, isWhole: false }, ...stemsOf(word)];
  return ways.flatMap(({ text, isWhole }) => [text, otherLetters(text), otherApostrophe(text)]
    .filter((other) => other && other !== word).map((other) => ({ text: other, isWhole })));
}

// A text with its umlauts spelt out, or, if it has none, with those that are spelt out as plain letters; else empty.
export function otherLetters(text) {
  let other = text.replace(UMLAUT, (letter) => tables.umlauts[letter]);
  if (other === text) other = text.replace(/[A-Za-z]{5,}/g, (word) => word.replace(DIGRAPH, "$1"));
  return other === text ? "" : other;
}

function otherApostrophe(word) {
  const joined = withoutApostrophes(word);
  if (joined !== word) return joined;
  const lower = word.toLowerCase();
  return Object.hasOwn(tables.contractions, lower) ? tables.contractions[lower] : "";
}

// A word without the particles at its end; nothing if it has none.
function stemsOf(word) {
  let run = /[가-힣]*$/.exec(word)[0];
  const before = word.slice(0, word.length - run.length);
  let innermost = "";
  let particle = particleOf(before, run);
  while (particle) {
    innermost = particle;
    run = run.slice(0, run.length - particle.length);
    const inner = particleOf(before, run);
    particle = stackedOn.has(inner) ? inner : "";
  }
  if (nounEnds.has(innermost) && run.length === SHORTEST_STEM) {
    const others = PARTICLES.filter(([, sounds]) => sounds.includes(lastSound(run)));
    return [{ text: before + run, isWhole: true },
      ...others.map(([other]) => ({ text: before + run + other, isWhole: false }))];
  }
  return innermost ? [{ text: before + run, isWhole: false }] : [];
}

function particleOf(before, run) {
  const fits = ([particle, sounds]) => {
    if (!run.endsWith(particle)) return false;
    const stem = run.slice(0, run.length - particle.length);
    if (stem) return stem.length >= SHORTEST_STEM && sounds.includes(lastSound(stem));
    return /[\p{L}\p{N}]$/u.test(before) && !(/\p{Nd}$/u.test(before) && nounEnds.has(particle));
  };
  return PARTICLES.find(fits)?.[0] ?? "";
}

// Whether a run of Hangul ends in a vowel, in ㄹ or in another consonant.
function lastSound(run) {
  const ending = (run.charCodeAt(run.length - 1) - 0xac00) % 28;
  return ending === 0 ? "v" : ending === 8 ? "l" : "c";
}

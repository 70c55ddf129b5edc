// The words of a query as terms to find, each with all ways to write it. See terms.py in src/assay/store/searching.
import {
  combiningEnds, combiningForms, compounds, cut, forms, functionWords, isPairRun, singulars, spellings, twins, unique,
} from "./search-words.js";
import { otherWritings } from "./search-writings.js";

export const MARKS = { title: "t:", keyword: "k:", org: "o:", category: "c:" };
const LONGEST_COMPOUND = Math.max(...Array.from(compounds, (words) => words.split(" ").length));
const HYPHENS = new Set("-_‐‒–");
const VERSION = /^\d{1,2}(?:\.\d+)*o?$/;

// A word with its other writings, or the words in quotes as they are; null if no word is in it.
export function readChunk(text, isQuoted = false) {
  const runs = cut(text);
  const chunk = inParts(text, runs, isQuoted);
  if (!chunk || isQuoted || text.endsWith("*")) return chunk;
  const others = otherWritings(text.slice(runs[0].start, runs.at(-1).end))
    .map((other) => inParts(other.text, cut(other.text), false, other.isWhole)).filter(Boolean);
  return { ...chunk, others, isPrefix: chunk.isPrefix && others.every((other) => other.isPrefix) };
}

// A text in its smallest parts; a run of syllables that is whole must end where the text does.
function inParts(text, runs, isQuoted, isWhole) {
  if (!runs.length) return null;
  const [atoms, joints] = [[], []];
  runs.forEach((run, number) => {
    if (number) joints.push(HYPHENS.has(text.slice(runs[number - 1].end, run.start)) ? "-" : ".");
    const unparted = isQuoted || !/^[A-Za-z0-9]+$/.test(run.text) || run.tokens[0].endsWith("^");
    const parts = unparted ? run.tokens : run.tokens[0].match(/\d+|\D+/g);
    atoms.push(...parts);
    joints.push(...parts.slice(1).map(() => (unparted ? "." : "")));
  });
  const last = runs.at(-1).text;
  let isPrefix = text.endsWith("*") && !isQuoted && last.length > 1;
  if (isPairRun(last) && !isWhole) {
    // The text may go on where the query ends, so the single last syllable of a run is left out.
    isPrefix = last.length === 1;
    if (!isPrefix) {
      atoms.pop();
      joints.pop();
    }
  }
  return { atoms, joints, isPrefix, isQuoted };
}

const plainWord = (chunk) => (chunk.atoms.length === 1 && !chunk.isQuoted && !chunk.isPrefix ? chunk.atoms[0] : "");
const typedWord = (chunk) => chunk.atoms.map((atom, place) => atom + (chunk.joints[place] ?? "")).join("");
const isLetters = (word) => /^\p{L}+$/u.test(word);
const mayBeHalf = (word) => word.length > 2 && /^[a-z]+$/.test(word) && !functionWords.has(word);

// The terms of words that stand next to each other; those that belong together make one term.
export function boundTerms(chunks) {
  const bound = [];
  let rest = chunks;
  while (rest.length) {
    const count = countTogether(rest, !bound.length);
    const together = rest.slice(0, count);
    rest = rest.slice(count);
    bound.push(count === 1 ? together[0] : {
      atoms: together.flatMap((chunk) => chunk.atoms),
      joints: together.flatMap((chunk) => [" ", ...chunk.joints]).slice(1),
      isPrefix: together.at(-1).isPrefix,
      isQuoted: together.at(-1).isQuoted,
    });
  }
  const terms = bound.map(termOf);
  for (let place = 0; place + 1 < bound.length; place++) {
    const [one, other] = [plainWord(bound[place]), plainWord(bound[place + 1])];
    if (mayBeHalf(one) && mayBeHalf(other)) {
      const asOneWord = forms(one + other).map((form) => [form]);
      for (const at of [place, place + 1]) terms[at] = { ...terms[at], phrases: [...terms[at].phrases, ...asOneWord] };
    }
  }
  return terms;
}

function countTogether(chunks, isFirst) {
  const words = chunks.slice(0, LONGEST_COMPOUND).filter((chunk) => !chunk.isQuoted).map(typedWord);
  for (let count = words.length; count > 1; count--) {
    const before = words.slice(0, count - 1);
    const last = words[count - 1];
    if ([last, ...singulars(last)].some((form) => compounds.has([...before, form].join(" ")))) return count;
  }
  if (words.length < 2 || chunks[0].isPrefix || chunks[1].isQuoted) return 1;
  const [one, other] = [plainWord(chunks[0]), words[1]];
  if (combiningForms.has(one)) return /^\p{L}/u.test(other) ? 2 : 1;
  const isWord = isLetters(one) && !functionWords.has(one);
  if (isWord && (combiningEnds.has(other) || VERSION.test(other))) return 2;
  const isUnit = isLetters(other) && (other.length === 1 || !functionWords.has(other));
  return isFirst && isUnit && /^\d{1,2}$/.test(words[0]) ? 2 : 1;
}

export function termOf(chunk) {
  const { isPrefix, isQuoted } = chunk;
  if (isQuoted) {
    const typed = twins(chunk.atoms);
    return { exact: typed, phrases: typed, isPrefix, isQuoted };
  }
  const phrases = spellings(chunk.atoms, chunk.joints);
  const others = (chunk.others ?? []).flatMap((other) => termOf(other).phrases);
  if (isPrefix) return { exact: phrases.slice(0, 1), phrases: [phrases[0], ...others], isPrefix };
  const ending = chunk.atoms.at(-1).at(-1);
  const every = phrases.flatMap((phrase) => (phrase.at(-1).endsWith(ending) ? twins(phrase) : [phrase]));
  return { exact: twins(phrases[0]), phrases: unique([...every, ...others]) };
}

const withMark = (phrases, field) => phrases.map((phrase) => phrase.map((token) => MARKS[field] + token));
export const marked = (term, field) =>
  ({ ...term, field, exact: withMark(term.exact, field), phrases: withMark(term.phrases, field) });

// What the site's search takes for one word: the same as the archive's, module by module. See cutting.py, forms.py and
// names.py in src/assay/store/searching; the tables come from lexicon.py there, and tests/store/search_cases.py tries both.
import tables from "./search-tables.js";
import { otherLetters, withoutApostrophes } from "./search-writings.js";

const ACRONYM = "^";
const MOST_JOINTS = 4;
const SHORTEST_HALF = 3;
const PAIRS = tables.pairScripts;
const PAIR_RUN = new RegExp(`^[${PAIRS}]+$`, "u");
const ANY_PAIR = new RegExp(`[${PAIRS}]`, "u");
const runs = (letter) => new RegExp(
  `[${PAIRS}]+` +
  "|(?<![\\p{L}\\p{N}])\\.[Nn][Ee][Tt](?![\\p{L}\\p{N}])" +
  "|(?<![\\p{L}\\p{N}])[A-Za-z](?:\\+\\+|[#♯])(?![\\p{L}\\p{Nl}\\p{No}])" +
  `|${letter}(?:${letter}|[${tables.marks}])*` +
  "|(?<=[\\p{L}\\p{N}])\\+\\+", "gu");
const RUN = runs(`(?![${PAIRS}])[\\p{L}\\p{N}]`);
const RUN_WITHOUT_PAIRS = runs("[\\p{L}\\p{N}]");
const PLAIN_ASCII = /^[ -~]*$/;
const ANY_SIGN = /\+\+|#|\.[Nn][Ee][Tt]|\b[A-Z]{2,4}[A-RT-Z]S\b/;
const MARK = new RegExp(`[${tables.marks}]`, "gu");
const ACRONYM_IN_S = /^[A-Z]{2,4}[A-RT-Z]S$/;
const PLAIN_WORD = /^[a-z]{2,30}$/;
const set = (words) => new Set(words);

export const functionWords = set(tables.functionWords);
export const combiningForms = set(tables.combiningForms);
export const combiningEnds = set(tables.combiningEnds);
export const compounds = set(tables.compounds);
const noPlurals = set(tables.noPlurals);
const pluralsInUsAndIs = set(tables.pluralsInUsAndIs);
const loneLetters = set("ekqvx");
const irregularPlurals = new Map(Object.entries(tables.irregular).map(([plural, singular]) => [singular, plural]));

export const isPairRun = (text) => PAIR_RUN.test(text);

// One line in the characters that one types: no control characters, no full-width or raised ones.
export function asTyped(text) {
  if (PLAIN_ASCII.test(text)) return text.replace(/ {2,}/g, " ").trim();
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, (sign) => (/\s/.test(sign) ? " " : "")).normalize("NFKC")
    .replace(/\s+/gu, " ").trim();
}

const folded = new Map();
export function fold(word) {
  if (!folded.has(word)) folded.set(word, foldAnew(word));
  return folded.get(word);
}

function foldAnew(word) {
  if (PLAIN_ASCII.test(word)) return word.toLowerCase();
  const withoutMarks = (text) => text.normalize("NFKD").replace(MARK, "");
  const bare = withoutMarks(word.toLowerCase().replace("♯", "#"));
  return withoutMarks([...bare].map((letter) => tables.letters[letter] ?? letter).join("")).normalize("NFC") || word;
}

// The words and runs of syllables of a text: {text, tokens, start, end}.
export function cut(text) {
  const shouted = text === text.toUpperCase() && text !== text.toLowerCase();
  return Array.from(text.matchAll(ANY_PAIR.test(text) ? RUN : RUN_WITHOUT_PAIRS), (match) => {
    const [word] = match;
    const place = { text: word, start: match.index, end: match.index + word.length };
    if (isPairRun(word)) {
      const pairs = Array.from(word.slice(1), (_, at) => word.slice(at, at + 2));
      return { ...place, tokens: [...pairs, word.at(-1)] };
    }
    const token = fold(word);
    const marked = !shouted && ACRONYM_IN_S.test(word) && singulars(token).length;
    return { ...place, tokens: [marked ? token + ACRONYM : token] };
  });
}

export function tokens(text) {
  // Signs that no word has, put aside so that most texts are plain ones.
  const typed = asTyped(text).replace(/[\u00d7\u2010-\u2027\u2030-\u205e\u2190-\u22ff]/g, " ");
  if (PLAIN_ASCII.test(typed) && !ANY_SIGN.test(typed)) return typed.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return cut(typed).flatMap((run) => run.tokens);
}

// What a folded word may be the plural of; nothing for a singular.
export function singulars(word) {
  if (Object.hasOwn(tables.irregular, word)) return [tables.irregular[word]];
  if (!isPlural(word)) return [];
  const stem = word.slice(0, -1);
  if (word.endsWith("ies") && word.length > 4) return [word.slice(0, -3) + "y", stem];
  if (word.endsWith("es") && takesEs(word.slice(0, -2))) return [word.slice(0, -2), stem];
  return [stem];
}

function isPlural(word) {
  if (!PLAIN_WORD.test(word) || !word.endsWith("s") || word.endsWith("ss") || noPlurals.has(word)) return false;
  if (/[ui]s$/.test(word)) return pluralsInUsAndIs.has(word);
  return word.length > 3 || (word.length === 3 && !/[aeiouy]/.test(word));
}

function takesEs(stem) {
  if (/[^s]s$|^s$/.test(stem)) {
    return (noPlurals.has(stem) && stem.length > 2) || (stem.endsWith("us") && stem.length > 4);
  }
  return /(?:s|x|z|ch|sh)$/.test(stem);
}

function plurals(word) {
  const irregular = irregularPlurals.has(word) ? [irregularPlurals.get(word)] : [];
  if (!PLAIN_WORD.test(word)) return irregular;
  if (/[^aeiou]y$/.test(word)) return [...irregular, word.slice(0, -1) + "ies", word + "s"];
  return [...irregular, word + (/(?:s|x|z|ch|sh)$/.test(word) ? "es" : "s")];
}

// A folded word and its other forms in number; the word itself comes first.
export function forms(word) {
  const bases = singulars(word);
  const more = (bases.length ? bases : [word])
    .flatMap((base) => plurals(base).filter((plural) => singulars(plural).includes(base)));
  return [...set([word, ...bases, ...more])];
}

// The ways to write a compound, as phrases; as it was typed comes first.
export function spellings(atoms, joints) {
  const typed = joints.map((joint) => joint !== "");
  const free = joints.flatMap((joint, place) => (joint === "." ? [] : [place]));
  const ways = [typed];
  if (free.length <= MOST_JOINTS) {
    for (let choice = 0; choice < 2 ** free.length; choice++) {
      const way = [...typed];
      free.forEach((place, bit) => { way[place] = Boolean(choice & (1 << bit)); });
      ways.push(way);
    }
  } else {
    ways.push(joints.map((joint) => joint === "."), joints.map(() => true));
  }
  const phrases = ways.map((way) => written(atoms, way));
  if (atoms.length === 1) phrases.push(...forms(atoms[0]).flatMap(halves));
  return unique(phrases.flatMap((phrase) => forms(phrase.at(-1)).map((last) => [...phrase.slice(0, -1), last])));
}

function halves(word) {
  if (!PLAIN_WORD.test(word)) return [];
  const ways = [];
  for (let place = 1; place <= word.length - SHORTEST_HALF; place++) {
    const [first, second] = [word.slice(0, place), word.slice(place)];
    const isHalf = place >= SHORTEST_HALF || combiningForms.has(first) || loneLetters.has(first);
    if (isHalf && !functionWords.has(first) && !functionWords.has(second)) ways.push([first, second]);
  }
  return ways;
}

function written(atoms, isApart) {
  const words = [atoms[0]];
  atoms.slice(1).forEach((atom, place) => {
    if (isApart[place]) words.push(atom); else words[words.length - 1] += atom;
  });
  return words;
}

export function unique(phrases) {
  return [...new Map(phrases.map((phrase) => [phrase.join(" "), phrase])).values()];
}

// A phrase, and beside it the same with its last word as an acronym that ends in S, or not as one.
export function twins(phrase) {
  const last = phrase.at(-1);
  const withLast = (word) => [...phrase.slice(0, -1), word];
  if (last.endsWith(ACRONYM)) return [phrase, withLast(last.slice(0, -1))];
  return last.length <= 6 && singulars(last).length ? [phrase, withLast(last + ACRONYM)] : [phrase];
}

// The tokens of an author's name: its words, its words as a name's, and the whole name.
export function nameTokens(name) {
  const words = nameWords(name);
  const apart = textTokens(turned(name));
  const withMarks = (some) => [...some, ...some.map((word) => `a:${word}`)];
  const whole = [];
  if (words.length > 1 && !words.every(isPairRun)) {
    const given = words.slice(0, -1);
    const initials = given.map((word) => [...word][0]).join("");
    for (const first of set([given[0], [...given[0]][0], initials, given.join("")])) {
      whole.push(`${first}_${words.at(-1)}`);
    }
  }
  const isParted = apart.length !== words.length;
  return [...withMarks(words), ...(isParted ? withMarks(apart) : []), ...whole];
}

// How a name that a reader typed may stand there: exactly so, and otherwise.
export function namePhrases(name) {
  const { exact, others } = phrasesOf(name);
  const respelt = otherLetters(name);
  if (!respelt) return { exact, others };
  const more = phrasesOf(respelt);
  return { exact, others: [...others, ...more.exact, ...more.others] };
}

function phrasesOf(name) {
  const words = nameWords(name);
  if (!words.length) return { exact: [], others: [] };
  const inOrder = words.map((word) => `a:${word}`);
  if (words.length === 1) return { exact: [inOrder], others: [] };
  if (words.every(isPairRun)) return { exact: [inOrder.slice(0, -1)], others: [] };
  const [given, family] = [words.slice(0, -1), words.at(-1)];
  const joined = [`${given.join("")}_${family}`];
  if (given.every((word) => word.length === 1)) return { exact: [joined], others: [] };
  const familyFirst = [`${words.slice(1).join("")}_${words[0]}`];
  return given.length === 1
    ? { exact: [joined], others: [inOrder, familyFirst] }
    : { exact: [inOrder], others: [joined, familyFirst] };
}

// A name with the family name last.
function turned(name) {
  const [, family, given] = /^([^,]*),([^,]*)$/.exec(name) ?? [];
  return family?.trim() && given?.trim() ? `${given.trim()} ${family.trim()}` : name;
}

const textTokens = (text) => cut(text).flatMap((run) => run.tokens);
const nameWords = (name) => textTokens(withoutApostrophes(turned(name)));

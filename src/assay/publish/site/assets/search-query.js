// The query language of the archive, on the site: reads what was typed as a small tree, and ranks papers by it.
// See query.py and terms.py in src/assay/store/searching, and search.py beside it.
import {
  asTyped, combiningEnds, combiningForms, compounds, cut, fold, forms, functionWords, isPairRun, namePhrases, nameTokens,
  singulars, spellings, tokens, twins, unique,
} from "./search-words.js";
import { otherWritings } from "./search-writings.js";

const FIELD_TAKES = {
  author: "a name",
  category: "a category such as cs.CL",
  keyword: "a keyword",
  org: "the name of an organisation",
  since: "a day such as 2025-02-26, a month or a year",
  title: "words of a title",
  until: "a day such as 2025-02-26, a month or a year",
};
const FIELDS = Object.keys(FIELD_TAKES);
const WHAT_TO_GIVE = 'give a word, a phrase in quotes, author:"a name" or an arXiv id';
const MARKS = { title: "t:", keyword: "k:", org: "o:", category: "c:" };
const MOST_TERMS = 32;
const DEEPEST = 16;
const SHORTEST_BEGINNING = 4;
const LONGEST_COMPOUND = Math.max(...Array.from(compounds, (words) => words.split(" ").length));
const LONGEST_HANGUL_COMPOUND = 10;
const MOST_SPLITS = 8;
const STOPS = new Set(["OR", "AND", "NOT", "(", ")"]);
const HYPHENS = new Set("-_‐‒–");
const VERSION = /^\d{1,2}(?:\.\d+)*o?$/;
const LEXEME = new RegExp(
  '(?<minus>(?<!\\S)-(?=[^\\s-]))?(?:(?<field>[A-Za-z]+):(?=[^\\s/:]))?' +
  '(?:"(?<quoted>[^"]*)"|(?<open>(?<![^\\s(-])\\()|(?<word>[^\\s"]+))', "gu");
const cutShort = (text) => (text.length <= 40 ? text : `${text.slice(0, 40)}…`);

// {tree, since, until, name}; throws an Error whose message is one line for the reader.
export function parse(typed) {
  const text = asTyped(typed).replace(/[“”„‟«»]/g, '"');
  if (!text) throw new Error(`nothing to search for: ${WHAT_TO_GIVE}`);
  if ((text.split('"').length - 1) % 2) {
    throw new Error(`a quote is not closed: ${cutShort(text.slice(text.lastIndexOf('"')))}`);
  }
  const query = new Parser(text).query();
  if (!query.tree && !query.since && !query.until) {
    throw new Error(`there is no word in '${cutShort(text)}': ${WHAT_TO_GIVE}`);
  }
  return query;
}

class Parser {
  constructor(text) {
    this.text = text;
    this.lexemes = readLexemes(text);
    this.place = 0;
    this.terms = 0;
    this.days = {};
  }

  query() {
    const tree = this.any(0);
    const { since = "", until = "" } = this.days;
    if (since && until && until < since) throw new Error(`the first day is after the last: ${since} to ${until}`);
    return { tree, since, until, name: this.name() };
  }

  any(depth) {
    const parts = [this.all(depth)];
    while (this.nextIs("OR")) {
      this.place += 1;
      parts.push(this.all(depth));
    }
    if (parts.length === 1) return parts[0];
    if (this.days.since || this.days.until) {
      throw new Error("since: and until: hold for the whole search: they cannot stand beside OR");
    }
    if (parts.some((part) => !part)) {
      throw new Error("OR stands between two things to find: give both, or put it in quotes");
    }
    return { any: parts };
  }

  all(depth) {
    const [wanted, unwanted, chunks] = [[], [], []];
    const endWords = () => wanted.push(...this.count(boundTerms(chunks.splice(0))));
    while (this.place < this.lexemes.length && !this.nextIs("OR")) {
      let lexeme = this.lexemes[this.place];
      if (lexeme.word === ")" && depth && lexeme.quoted === undefined) break;
      this.place += 1;
      if (lexeme.word === "AND" && !lexeme.field) continue;
      let { isNegative } = lexeme;
      while (lexeme.word === "NOT" && !lexeme.field && this.place < this.lexemes.length) {
        isNegative = true;
        lexeme = this.lexemes[this.place];
        this.place += 1;
      }
      const target = isNegative ? unwanted : wanted;
      if (lexeme.word === "(" && lexeme.quoted === undefined) {
        endWords();
        const group = this.group(depth);
        if (group) target.push(group);
      } else if (lexeme.field) {
        endWords();
        target.push(...this.count(this.field(lexeme, isNegative)));
      } else {
        const chunk = readChunk(lexeme.quoted ?? lexeme.word, lexeme.quoted !== undefined);
        if (chunk && isNegative) target.push(...this.count([termOf(chunk)]));
        else if (chunk) chunks.push(chunk);
      }
    }
    endWords();
    return joined(wanted, unwanted);
  }

  group(depth) {
    if (depth >= DEEPEST) return null;
    const group = this.any(depth + 1);
    if (this.lexemes[this.place]?.word === ")") this.place += 1;
    return group;
  }

  field(lexeme, isNegative) {
    const { field } = lexeme;
    if (field === "since" || field === "until") {
      if (isNegative) throw new Error(`${field}: holds for the whole search: it cannot be left out`);
      this.days[field] = readBound(field, lexeme.word || lexeme.quoted || "");
      return [];
    }
    if (lexeme.quoted !== undefined) {
      if (field !== "title") return [fieldTerm(field, lexeme.quoted)];
      const chunk = readChunk(lexeme.quoted, true);
      if (!chunk) throw withoutWord(field, lexeme.quoted);
      return [marked(termOf(chunk), field)];
    }
    const words = [lexeme.word];
    while (field !== "category" && !isNegative && this.place < this.lexemes.length) {
      const follower = this.lexemes[this.place];
      if (follower.field || follower.isNegative || follower.quoted !== undefined || STOPS.has(follower.word)) break;
      words.push(follower.word);
      this.place += 1;
    }
    if (field !== "title") return [fieldTerm(field, words.join(" "))];
    const chunks = words.map((word) => readChunk(word)).filter(Boolean);
    if (!chunks.length) throw withoutWord(field, words.join(" "));
    return boundTerms(chunks).map((term) => marked(term, field));
  }

  count(terms) {
    this.terms += terms.length;
    if (this.terms > MOST_TERMS) throw new Error(`a query has at most ${MOST_TERMS} words`);
    return terms;
  }

  nextIs(word) {
    const lexeme = this.lexemes[this.place];
    return lexeme?.word === word && !lexeme.field;
  }

  name() {
    const plain = this.lexemes.every((lexeme) =>
      !(lexeme.field || lexeme.isNegative || lexeme.quoted !== undefined || STOPS.has(lexeme.word)));
    const few = this.lexemes.length >= 2 && this.lexemes.length <= 4;
    if (!plain || !few || /[^\p{L}\p{N}\s.,'’-]|\p{Nd}/u.test(this.text)) return null;
    const { exact, others } = namePhrases(this.text);
    return exact.length ? { exact, phrases: [...exact, ...others], field: "author" } : null;
  }
}

function readLexemes(text) {
  const lexemes = [];
  let open = 0;
  for (const { groups } of text.matchAll(LEXEME)) {
    const { quoted } = groups;
    const isNegative = Boolean(groups.minus);
    let word = groups.word ?? "";
    let field = (groups.field ?? "").toLowerCase();
    if (field && !FIELDS.includes(field)) {
      if (groups.field === field) {
        throw new Error(
          `no field is called '${field}' (there are: ${FIELDS.join(", ")}); put it in quotes to find the words`);
      }
      word = `${groups.field}:${word}`;
      field = "";
    }
    if (groups.open) {
      open += 1;
      lexemes.push({ word: "(", field: "", isNegative });
      continue;
    }
    // A parenthesis ends a group only where one is open: `O(n log n)` has none.
    const stem = word.replace(/\)+$/, "");
    const ends = stem.includes("(") ? 0 : Math.min(open, word.length - stem.length);
    word = word.slice(0, word.length - ends);
    open -= ends;
    const typed = field ? `${field}:${word}` : word;
    const takes = typed.endsWith(":") && FIELDS.includes(typed.slice(0, -1)) && FIELD_TAKES[typed.slice(0, -1)];
    if (takes && quoted === undefined) {
      throw new Error(`${typed} takes ${takes}, right behind the colon; in quotes, '${typed}' is a word to find`);
    }
    if (word || quoted !== undefined) lexemes.push({ word, field, quoted, isNegative });
    for (let end = 0; end < ends; end++) lexemes.push({ word: ")", field: "", isNegative: false });
  }
  return lexemes;
}

function joined(wanted, unwanted) {
  const parts = wanted.flatMap((part) => part.all ?? [part]);
  if (!parts.length) {
    if (unwanted.length) throw new Error("only what to leave out is given: add what to find");
    return null;
  }
  const node = parts.length === 1 ? parts[0] : { all: parts };
  return unwanted.length ? { wanted: node, unwanted: { any: unwanted } } : node;
}

function fieldTerm(field, typed) {
  const text = asTyped(typed);
  let term = null;
  if (field === "author") {
    const { exact, others } = namePhrases(text);
    if (exact.length) term = { exact, phrases: [...exact, ...others], field };
  } else if (field === "category") {
    const category = fold(text).replace(/\*$/, "").replace(/\.$/, "");
    const phrases = [[MARKS.category + category]];
    if (/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(category)) term = { exact: phrases, phrases, field };
  } else {
    const chunk = readChunk(text);
    if (chunk) term = marked(termOf(chunk), field);
  }
  if (!term) throw withoutWord(field, text);
  return term;
}

const withoutWord = (field, text) => new Error(`${field}: has no word in it: '${cutShort(text)}'`);

function readBound(field, text) {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(text) ?? [];
  const isFirst = field === "since";
  const [y, m] = [Number(year), Number(month ?? (isFirst ? 1 : 12))];
  const last = new Date(Date.UTC(y, m, 0)).getUTCDate();
  const d = Number(day ?? (isFirst ? 1 : last));
  if (!year || y < 1 || m < 1 || m > 12 || d < 1 || d > last) {
    throw new Error(`${field}: takes ${FIELD_TAKES[field]}, not '${text}'`);
  }
  return `${year}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`;
}

// A word with its other writings, or the words in quotes as they are; null if no word is in it.
function readChunk(text, isQuoted = false) {
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
function boundTerms(chunks) {
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

function termOf(chunk) {
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
const marked = (term, field) =>
  ({ ...term, field, exact: withMark(term.exact, field), phrases: withMark(term.phrases, field) });

// The terms to be found, in the order of the query.
export function termsOf(node) {
  if (!node) return [];
  if (node.phrases) return [node];
  return node.wanted ? termsOf(node.wanted) : (node.all ?? node.any).flatMap(termsOf);
}

function withOpenEnd(node) {
  if (node?.all || node?.any) {
    const parts = node.all ?? node.any;
    const last = withOpenEnd(parts.at(-1));
    return last && { [node.all ? "all" : "any"]: [...parts.slice(0, -1), last] };
  }
  const isPlain = node?.phrases && !node.isPrefix && !node.isQuoted && (!node.field || node.field === "title");
  const last = isPlain ? node.exact[0].at(-1).replace(/^t:/, "") : "";
  return last.length >= SHORTEST_BEGINNING ? { ...node, phrases: node.exact, isPrefix: true } : null;
}

// The same tree with one Hangul compound split in two, in every way there is.
function inTwo(node) {
  const parts = node?.all ?? [node];
  return parts.flatMap((part, place) => {
    if (!part?.phrases || part.isQuoted || part.isPrefix || part.field || !part.exact[0].every(isPairRun)) return [];
    const typed = part.exact[0];
    const word = typed.map((token) => token[0]).join("") + typed.at(-1).slice(1);
    if (word.length > LONGEST_HANGUL_COMPOUND) return [];
    return Array.from({ length: Math.max(0, word.length - 3) }, (_, at) => {
      const { tree } = parse(`${word.slice(0, at + 2)} ${word.slice(at + 2)}`);
      return { all: [...parts.slice(0, place), ...(tree.all ?? [tree]), ...parts.slice(place + 1)] };
    });
  });
}

// All tokens of a paper of the index, those of its fields with their marks too, with a space around each.
export function wordsOf(paper) {
  const inField = (field, words) => words.map((word) => MARKS[field] + word);
  const title = tokens(paper.title);
  const categories = paper.categories.map((category) => category.toLowerCase());
  const texts = [
    title, inField("title", title), ...paper.authors.map(nameTokens),
    ...[["org", [paper.organisation]], ["keyword", paper.keywords]].flatMap(([field, values]) =>
      values.filter(Boolean).map(tokens).flatMap((words) => [words, inField(field, words)])),
    inField("category", [...categories, ...categories.map((category) => category.split(".")[0])]),
    tokens(paper.abstract), ...paper.texts.map(tokens),
  ];
  return ` ${texts.filter((words) => words.length).map((words) => words.join(" ")).join(" \ue000 ")} `;
}

// Whether a paper's words match a tree: with the words in the title only, in exactly the form typed only.
function matches(node, words, inTitle, isExact) {
  if (node.all) return node.all.every((part) => matches(part, words, inTitle, isExact));
  if (node.any) return node.any.some((part) => matches(part, words, inTitle, isExact));
  if (node.wanted) {
    return matches(node.wanted, words, inTitle, isExact) && !matches(node.unwanted, words, false, false);
  }
  const mark = inTitle && !node.field ? MARKS.title : "";
  return (isExact ? node.exact : node.phrases).some((phrase) =>
    words.includes(` ${phrase.map((token) => mark + token).join(" ")}${node.isPrefix ? "" : " "}`));
}

function asOnePhrase(node) {
  if (!node?.all?.every((part) => part.phrases && part.exact.length && !part.field)) return null;
  const phrase = [node.all.flatMap((term) => term.exact[0])];
  return { exact: phrase, phrases: phrase, isPrefix: node.all.at(-1).isPrefix };
}

// The tree with those phrases only whose tokens some paper has, so that fewer are looked for in every paper.
function withKnown(node, known) {
  if (!node) return node;
  if (node.all) return { all: node.all.map((part) => withKnown(part, known)) };
  if (node.any) return { any: node.any.map((part) => withKnown(part, known)) };
  if (node.wanted) return { wanted: withKnown(node.wanted, known), unwanted: withKnown(node.unwanted, known) };
  const isKnown = (phrase) => (node.isPrefix ? phrase.slice(0, -1) : phrase).every((token) => known.has(token));
  return { ...node, exact: node.exact.filter(isKnown), phrases: node.phrases.filter(isKnown) };
}

// The papers that match, best first: by tier, and in the order of `papers` within each.
function rank(papers, tree, name) {
  const isPlain = termsOf(tree).some((term) => !term.field);
  const phrase = asOnePhrase(tree);
  const isAnywhere = (words) => matches(tree, words, false, false);
  const tiers = [
    name && ((words) => matches(name, words, false, false)),
    phrase && ((words) => matches(phrase, words, true, true)),
    isPlain && ((words) => matches(tree, words, true, true)),
    isPlain && ((words) => matches(tree, words, true, false)),
    (words) => matches(tree, words, false, true),
    isAnywhere,
  ].filter(Boolean);
  const byTier = tiers.map(() => []);
  for (const paper of papers) {
    // Whatever is in a tier is in the last one too, but for a name.
    const last = isAnywhere(paper.words) ? tiers.length : name ? 1 : 0;
    byTier[tiers.slice(0, last).findIndex((tier) => tier(paper.words))]?.push(paper);
  }
  return byTier.flat();
}

// Cuts up the papers, the newest of which come first, for `search`.
export function makeIndex(papers) {
  const known = new Set();
  for (const paper of papers) {
    paper.words = wordsOf(paper);
    for (const word of paper.words.split(" ")) known.add(word);
  }
  return { papers, known };
}

// Search an index. Gives the papers found, best first, and the terms to be shown.
export function search({ papers, known }, typed) {
  const { tree, since, until, name } = parse(pastedId(typed) || typed);
  const admitted = since || until
    ? papers.filter((paper) => paper.days.some((day) => (!since || day >= since) && (!until || day <= until)))
    : papers;
  if (!tree) return { found: admitted, terms: [] };
  let shown = withKnown(tree, known);
  let found = rank(admitted, shown, withKnown(name, known));
  const others = [() => [withOpenEnd(tree)].filter(Boolean), () => inTwo(tree).slice(0, MOST_SPLITS)];
  for (const other of others.flatMap((make) => (found.length ? [] : make()))) {
    if (found.length) break;
    shown = withKnown(other, known);
    found = rank(admitted, shown, null);
  }
  const direct = admitted.find(isNamed(typed));
  return {
    found: direct ? [direct, ...found.filter((paper) => paper !== direct)] : found,
    terms: termsOf(shown),
  };
}

const ID = /(?<![\d.\p{L}-])([a-z-]+(?:\.[a-z-]+)?\/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?(?!\d)/gu;
const AFTER_ID = /^(?:\.pdf)?(?:[/?#&]\S*)?[\s\])}>"'.,;]*(?:[[(][a-z-]+(?:\.[a-z-]+)?[\])])?$/;
const BEFORE_ID = new Set("arxiv org oai doi 10 48550 cite as eprint preprint id abs pdf".split(" "));

// The arXiv id that the whole query is, as it was pasted: in a link, a citation, the stamp on a PDF; else empty.
function pastedId(typed) {
  const text = asTyped(typed).toLowerCase().replace(/arxiv[.:_-]?(?=\d)/g, "arxiv:");
  const mentions = [...text.matchAll(ID)];
  if (mentions.length !== 1 || text.startsWith("-")) return "";
  const [{ 0: mention, 1: id, index }] = mentions;
  const before = text.slice(0, index);
  const isLink = before.includes("/") && !/\s/.test(before.trim());
  const isCited = before.split(/[^a-z0-9]+/).every((word) => !word || BEFORE_ID.has(word));
  if (!(isLink || isCited) || !AFTER_ID.test(text.slice(index + mention.length))) return "";
  return id.replace(/\.[a-z-]+\//, "/");
}

// Whether a paper is the one whose id, or whose short name in our catalogue, was typed.
function isNamed(typed) {
  const id = pastedId(typed);
  const bare = (name) => name.toLowerCase().replace(/[\s_-]/g, "");
  return (paper) => (id && paper.id.toLowerCase() === id) || (paper.name && bare(paper.name) === bare(typed));
}

// The query language of the archive, on the site: reads what was typed as a small tree. See query.py in
// src/assay/store/searching.
import { asTyped, fold, namePhrases } from "./search-words.js";
import { MARKS, boundTerms, marked, readChunk, termOf } from "./search-terms.js";

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
const MOST_TERMS = 32;
const DEEPEST = 16;
const SHORTEST_BEGINNING = 4;
const STOPS = new Set(["OR", "AND", "NOT", "(", ")"]);
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

// The terms to be found, in the order of the query.
export function termsOf(node) {
  if (!node) return [];
  if (node.phrases) return [node];
  return node.wanted ? termsOf(node.wanted) : (node.all ?? node.any).flatMap(termsOf);
}

// The same tree with its last term as the beginning of a word still being typed; null if it must stay whole.
export function withOpenEnd(node) {
  if (node?.all || node?.any) {
    const parts = node.all ?? node.any;
    const last = withOpenEnd(parts.at(-1));
    return last && { [node.all ? "all" : "any"]: [...parts.slice(0, -1), last] };
  }
  const isPlain = node?.phrases && !node.isPrefix && !node.isQuoted && (!node.field || node.field === "title");
  const last = isPlain ? node.exact[0].at(-1).replace(/^t:/, "") : "";
  return last.length >= SHORTEST_BEGINNING ? { ...node, phrases: node.exact, isPrefix: true } : null;
}

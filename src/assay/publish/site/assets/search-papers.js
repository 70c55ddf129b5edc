// Searches the papers of the site as the archive does. See search.py in src/assay/store.
import { asTyped, isPairRun, nameTokens, tokens } from "./search-words.js";
import { MARKS } from "./search-terms.js";
import { parse, termsOf, withOpenEnd } from "./search-query.js";

const LONGEST_HANGUL_COMPOUND = 10;
const MOST_SPLITS = 8;

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
    tokens(paper.abstract), ...paper.texts.map(tokens), ...paper.links.map(tokens),
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

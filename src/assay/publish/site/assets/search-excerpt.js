// A few words of a paper's text around what a search found, as [text, whether it is a match].
import { asTyped, cut, isPairRun } from "./search-words.js";

const WORDS = 24;

export function excerpt(texts, terms) {
  const wanted = terms.map((term) => ({
    isPrefix: term.isPrefix,
    phrases: term.phrases
      .map((phrase) => phrase.map((token) => token.replace(/^[a-z]:(?=.)/, "")))
      .map((phrase) => (phrase[0].includes("_") ? phrase[0].split("_") : phrase)),
  }));
  let [best, where, most] = [[], "", 0];
  for (const text of texts.filter(Boolean).map(asTyped)) {
    const places = findPlaces(text, wanted);
    const kinds = new Set(places.map((place) => place.term)).size;
    if (kinds > most) [best, where, most] = [places, text, kinds];
    if (most && most === wanted.length) break;
  }
  if (!best.length) {
    const words = (texts[0] ?? "").split(" ");
    return [[words.slice(0, WORDS).join(" ") + (words.length > WORDS ? " …" : ""), false]];
  }
  return around(where, best);
}

function findPlaces(text, wanted) {
  const positions = cut(text).flatMap((run) => (run.tokens.length > 1
    ? run.tokens.map((token, at) => ({ token, start: run.start + at, end: run.start + at + token.length }))
    : [{ token: run.tokens[0], start: run.start, end: run.end }]));
  const places = [];
  positions.forEach((position, here) => {
    wanted.forEach(({ phrases, isPrefix }, term) => {
      for (const phrase of phrases) {
        const last = positions[here + phrase.length - 1];
        const isThere = last && phrase.every((token, at) => {
          const there = positions[here + at].token;
          return there === token || (isPrefix && at === phrase.length - 1 && there.startsWith(token));
        });
        if (!isThere) continue;
        // A term of one syllable matches the first syllable of a pair, not the second.
        const oneSyllable = isPairRun(phrase.at(-1)) && phrase.at(-1).length === 1;
        places.push({ term, start: position.start, end: oneSyllable ? last.start + 1 : last.end });
      }
    });
  });
  return places.sort((one, other) => one.start - other.start || other.end - one.end);
}

function around(text, places) {
  const words = Array.from(text.matchAll(/\S+/g), (word) => [word.index, word.index + word[0].length]);
  const wordAt = (place) => Math.max(0, words.findLastIndex(([start]) => start <= place.start));
  const at = places.map((place) => [wordAt(place), place.term]);
  const countTerms = (first) =>
    new Set(at.filter(([word]) => word >= first && word < first + WORDS).map(([, term]) => term)).size;
  const starts = at.map(([word]) => Math.max(0, word - WORDS / 4));
  const fullest = starts.reduce((one, other) => (countTerms(other) > countTerms(one) ? other : one));
  const first = Math.max(0, Math.min(fullest, words.length - WORDS));
  const shown = words.slice(first, first + WORDS);
  let [done, end] = [shown[0][0], shown.at(-1)[1]];
  const pieces = first ? [["… ", false]] : [];
  for (const place of places) {
    if (place.start >= done && place.end <= end) {
      pieces.push([text.slice(done, place.start), false], [text.slice(place.start, place.end), true]);
      done = place.end;
    }
  }
  pieces.push([text.slice(done, end), false]);
  if (first + WORDS < words.length) pieces.push([" …", false]);
  return pieces.filter(([piece]) => piece);
}

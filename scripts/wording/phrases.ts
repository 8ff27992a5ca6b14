/** A phrase that newcomers have to read twice, and what to write instead. */
export interface Phrase {
  readonly pattern: RegExp;
  readonly instead: string;
}

/**
 * Phrases that the project no longer uses. Each phrase was removed from all texts before it was added to this list.
 * Entries must stay in the list, because the phrases could come back.
 */
export const PHRASES: readonly Phrase[] = [
  { pattern: /\b(?:that|which|what|who|there) (?:is|are|was|were) none\b/i, instead: 'name what is missing' },
  { pattern: /\b(?:be|is|are|was|were|been|being|not|once|never) had\b/i, instead: 'available, loaded, received' },
  { pattern: /\bthose (?:that|which)\b/i, instead: 'name the things: "maps that …"' },
  { pattern: /\bthat which\b/i, instead: 'name the thing' },
  { pattern: /\bwho(?:so)?ever\b/i, instead: 'name the client, the caller or the process' },
  { pattern: /\banew\b/i, instead: 'again, or a new one' },
  { pattern: /\bwhose word\b/i, instead: 'say who is trusted' },
  { pattern: /\bsees? to\b(?! be\b)/i, instead: 'the verb of what is done' },
  { pattern: /\bof (?:its|their) own accord\b/i, instead: 'without a request' },
  { pattern: /\bin vain\b/i, instead: 'without success' },
  { pattern: /\b(?:lest|whence|thereof|thereby|hence|upon)\b/i, instead: 'a word of today' },
  { pattern: /\bpass(?:es|ed)? over\b/i, instead: 'skips' },
  { pattern: /\b(?:is|are|was|were|be) (?:not |never )?believed\b/i, instead: 'trusted, accepted' },
  {
    pattern: /\b(?:that|which|what|it) (?:is|are|was|were) no (?!longer\b|more\b|one\b|such\b)[a-z]+/i,
    instead: 'is not a …',
  },
  { pattern: /\bwhat of\b/i, instead: 'name the parts' },
  { pattern: /\bbesides(?=[.,;:)]|$)/i, instead: 'as well, also' },
  { pattern: /\bas it is now\b/i, instead: 'say what changes' },
  { pattern: /^Has (?!no\b)/, instead: 'makes …, lets …' },
  { pattern: /^The same (?:for|as|but|with|of|in|on)\b/, instead: 'say what it does, without the code above' },
];

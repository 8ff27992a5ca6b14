/** Whether a word is the URL of a server. */
export function isAddress(word: string | undefined): word is string {
  return word !== undefined && /^https?:\/\//i.test(word);
}

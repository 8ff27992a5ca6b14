/** Whether a word is an http or https URL. */
export function isAddress(word: string | undefined): word is string {
  return word !== undefined && /^https?:\/\//i.test(word);
}

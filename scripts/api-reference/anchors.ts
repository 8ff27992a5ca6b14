/** Computes the anchors of the headings on one page, in the same way as GitHub. */
export class Anchors {
  readonly #counts = new Map<string, number>();

  /**
   * Returns the anchor of the next heading on the page. If an earlier heading has the same text, a number is added to
   * the anchor.
   */
  take(heading: string): string {
    const slug = heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
    const count = this.#counts.get(slug) ?? 0;
    this.#counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  }
}

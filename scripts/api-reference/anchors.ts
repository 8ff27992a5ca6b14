/** The anchors of the headings on one page, as GitHub makes them. */
export class Anchors {
  readonly #counts = new Map<string, number>();

  /** Returns the anchor of the next heading. If the same heading occurred before, the anchor gets a number. */
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

/** The labels of a series: the value of each label, by the label's name. */
export type Labels = Readonly<Record<string, string>>;

/** Returns a key that identifies one series of a metric. No label value contains U+0000, so the key is unique. */
export function keyOf(labels: readonly string[]): string {
  return labels.length === 1 ? (labels[0] ?? '') : labels.join('\0');
}

/** Returns the label values as an object, by the names of the labels. Throws if the number of values is wrong. */
export function labelsOf(
  entry: { readonly name: string; readonly labels: readonly string[] },
  values: readonly string[],
): Labels {
  if (values.length !== entry.labels.length)
    throw new Error(`Internal error: ${entry.name} got ${values.length} label values`);
  return Object.fromEntries(entry.labels.map((name, index) => [name, values[index] ?? '']));
}

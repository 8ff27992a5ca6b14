/** Values of labels by their names. */
export type Labels = Readonly<Record<string, string>>;

/** Returns the key that identifies one series of a metric. Label values contain no U+0000. */
export function keyOf(labels: readonly string[]): string {
  return labels.length === 1 ? (labels[0] ?? '') : labels.join('\0');
}

/** Returns label values by the names of their labels. Throws unless there is one value for each label of the entry. */
export function labelsOf(
  entry: { readonly name: string; readonly labels: readonly string[] },
  values: readonly string[],
): Labels {
  if (values.length !== entry.labels.length) throw new Error(`${entry.name} has ${entry.labels.length} labels`);
  return Object.fromEntries(entry.labels.map((name, index) => [name, values[index] ?? '']));
}

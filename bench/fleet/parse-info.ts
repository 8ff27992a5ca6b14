/** Values from the reply to `INFO everything` that the benchmark needs. A value that is missing in the reply is 0. */
export interface ServerInfo {
  readonly memoryBytes: number;
  readonly peakMemoryBytes: number;
  readonly connections: number;
  readonly sentBytes: number;
  /** Number of calls of each command since the server started. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Parses a reply to INFO. */
export function parseInfo(text: string): ServerInfo {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  const count = (name: string): number => Number(fields.get(name) ?? 0);
  const calls = [...fields].flatMap(([name, value]) => {
    const [, command] = /^cmdstat_(\w+)$/.exec(name) ?? [];
    return command === undefined ? [] : [[command, Number(/calls=(\d+)/.exec(value)?.[1] ?? 0)] as const];
  });
  return {
    memoryBytes: count('used_memory'),
    peakMemoryBytes: count('used_memory_peak'),
    connections: count('connected_clients'),
    sentBytes: count('total_net_output_bytes'),
    calls: Object.fromEntries(calls),
  };
}

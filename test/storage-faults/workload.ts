import type { ServerInfo } from '../../src/main/registry/fs-store.ts';

/** One round of a workload: changes made together, so that they are one commit, and what is awaited afterwards. */
export interface Round {
  readonly upserts: readonly (readonly ServerInfo[])[];
  readonly removes: readonly string[];
  readonly wait: 'durable' | 'flush' | 'nothing';
}

const NAMES = 9;

/** A repeatable random generator (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The workload of a process that owns the names `PREFIX-…`. It depends only on the seed, so that a checker can compute
 * it too.
 */
export function workload(prefix: string, seed: number, rounds: number): Round[] {
  const random = seeded(seed);
  const upTo = (count: number): number => Math.floor(random() * count);
  const name = (): string => `${prefix}-${upTo(NAMES)}`;
  return Array.from({ length: rounds }, (_, index) => {
    const server = (): ServerInfo => ({
      name: name(),
      transport: 'stdio',
      command: `round-${index}`,
      // Sometimes the argument is larger than a page of the store.
      args: ['x'.repeat(upTo(8) === 0 ? 9_000 : upTo(200))],
    });
    const upserts = Array.from({ length: 1 + upTo(3) }, () => Array.from({ length: 1 + upTo(4) }, server));
    const removes = Array.from({ length: upTo(3) }, name);
    const wait = (['durable', 'durable', 'flush', 'nothing'] as const)[upTo(4)] ?? 'durable';
    return { upserts, removes, wait };
  });
}

/** A state of one process's servers, as comparable text. */
export type State = string;

/** The states of a workload: the initial one, and one after each round. */
export function statesOf(rounds: readonly Round[]): State[] {
  const servers = new Map<string, ServerInfo>();
  const states = [stateOf(servers.values())];
  for (const { upserts, removes } of rounds) {
    for (const server of upserts.flat()) servers.set(server.name, server);
    for (const name of removes) servers.delete(name);
    states.push(stateOf(servers.values()));
  }
  return states;
}

/** The state of these servers, in any order. */
export function stateOf(servers: Iterable<ServerInfo>): State {
  return JSON.stringify([...servers].sort((one, other) => (one.name < other.name ? -1 : 1)));
}

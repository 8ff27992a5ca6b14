import type { ServerInfo } from '../../src/main/registry/fs-store.ts';

/** One round of a workload: changes that are made together as one commit, and what the process waits for afterwards. */
export interface Round {
  readonly upserts: readonly (readonly ServerInfo[])[];
  readonly removes: readonly string[];
  readonly wait: 'durable' | 'flush' | 'nothing';
}

const NAMES = 9;

/** Returns a repeatable random number generator (mulberry32). */
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
 * Returns the workload of a process that owns the names `PREFIX-…`. The workload depends only on the arguments, so that
 * a checker can compute it too.
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

/** A state of one process's servers, as text that can be compared. */
export type State = string;

/** Returns the initial state of a workload, and the state after each round. */
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

/** Returns the state of these servers, whatever their order is. */
export function stateOf(servers: Iterable<ServerInfo>): State {
  return JSON.stringify([...servers].sort((one, other) => (one.name < other.name ? -1 : 1)));
}

import type { Random } from './random.ts';

/** Something that broke a rule that a target checks. */
class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws a {@link Violation} with `why` unless `holds`. */
export function must(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Violation(why);
}

/** Code that takes foreign bytes, and the rules that hold whatever the bytes are. */
export interface FuzzTarget {
  /** As `--target` names it; also the name of its corpus file. */
  readonly name: string;
  /** Paths whose blocks count, as parts of URLs: `/src/`, `/node_modules/yaml/`. */
  readonly covers: readonly string[];
  /** Inputs to start from besides the corpus. */
  readonly seeds: () => readonly (string | Uint8Array)[];
  /** Words that mutations insert. */
  readonly dictionary: readonly string[];
  /** A longer input is cut. Defaults to 4096. */
  readonly maxBytes?: number;
  /** An input that takes more processor time is a finding, ms. Defaults to 200. */
  readonly maxCpuMs?: number;
  /** How many inputs run between two readings of the coverage. Defaults to 32. */
  readonly batchSize?: number;
  /** A mutation of the target's own, used for half of all inputs; undefined where it does not fit the input. */
  readonly mutate?: (input: Uint8Array, random: Random, dictionary: readonly string[]) => Uint8Array | undefined;
  /** Prepares what all inputs share. */
  readonly start: () => RunningTarget | Promise<RunningTarget>;
}

/** A target that takes inputs, one at a time. */
export interface RunningTarget {
  /** Runs one input. Throws or rejects if a rule is broken; any error counts as a finding. */
  run(input: Uint8Array): void | Promise<void>;
  /** Ends what `start` began. */
  close?(): void | Promise<void>;
}

export const DEFAULT_MAX_BYTES = 4_096;
export const DEFAULT_MAX_CPU_MS = 200;
export const DEFAULT_BATCH_SIZE = 32;

/** An input that broke a rule. */
export interface Finding {
  /** `error` also for a broken rule; `slow` for too much processor time; `hang` for an input that never ended. */
  readonly kind: 'error' | 'slow' | 'hang';
  readonly message: string;
  /** The first frames of the stack; empty where there is none. */
  readonly frames: readonly string[];
  readonly input: Uint8Array;
}

/** What two findings of the same bug have in common. */
export function identityOf({ kind, message, frames }: Finding): string {
  const words = message.replace(/"[^"]*"|'[^']*'|\d+/g, '…').slice(0, 120);
  return `${kind} ${words} ${frames[0] ?? ''}`;
}

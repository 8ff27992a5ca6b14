import type { Random } from './random.ts';

/** The error of a broken rule of a target. */
class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws a {@link Violation} with `why` unless `holds` is true. */
export function must(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Violation(why);
}

/** Code that processes foreign bytes, and the rules that hold for all bytes. */
export interface FuzzTarget {
  /** The name for `--target`; also the name of its corpus file. */
  readonly name: string;
  /**
   * Only blocks of modules whose URLs contain one of these strings are counted, such as `/src/` or
   * `/node_modules/yaml/`.
   */
  readonly covers: readonly string[];
  /** Inputs to start from in addition to the corpus. */
  readonly seeds: () => readonly (string | Uint8Array)[];
  /** Words that mutations insert. */
  readonly dictionary: readonly string[];
  /** Maximum length of an input; longer inputs are truncated. Defaults to 4096. */
  readonly maxBytes?: number;
  /** Maximum processor time of an input, ms; a slower input is a finding. Defaults to 200. */
  readonly maxCpuMs?: number;
  /** Number of inputs between two readings of the coverage. Defaults to 32. */
  readonly batchSize?: number;
  /** A target-specific mutation, used for half of all inputs. Returns undefined if it does not fit the input. */
  readonly mutate?: (input: Uint8Array, random: Random, dictionary: readonly string[]) => Uint8Array | undefined;
  /** Prepares the state that all inputs share. */
  readonly start: () => RunningTarget | Promise<RunningTarget>;
}

/** A target that runs inputs, one at a time. */
export interface RunningTarget {
  /** Runs one input. Throws or rejects if a rule is broken; any error counts as a finding. */
  run(input: Uint8Array): void | Promise<void>;
  /** Releases what `start` created. */
  close?(): void | Promise<void>;
}

export const DEFAULT_MAX_BYTES = 4_096;
export const DEFAULT_MAX_CPU_MS = 200;
export const DEFAULT_BATCH_SIZE = 32;

/** An input that broke a rule. */
export interface Finding {
  /** `error`: an error or a broken rule. `slow`: too much processor time. `hang`: the input never ended. */
  readonly kind: 'error' | 'slow' | 'hang';
  readonly message: string;
  /** The first frames of the stack; empty if the error has no stack. */
  readonly frames: readonly string[];
  readonly input: Uint8Array;
}

/** Returns a string that is the same for two findings of the same bug. */
export function identityOf({ kind, message, frames }: Finding): string {
  const words = message.replace(/"[^"]*"|'[^']*'|\d+/g, '…').slice(0, 120);
  return `${kind} ${words} ${frames[0] ?? ''}`;
}

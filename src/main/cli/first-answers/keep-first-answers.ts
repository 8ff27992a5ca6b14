import { monotonicMs, startTimer, systemClock } from '../../../shared/clock.ts';
import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import {
  encodeFirstAnswers,
  firstAnswersName,
  MAX_FIRST_ANSWERS_BYTES,
} from '../../../shared/protocol/first-answers.ts';
import type { View } from '../../gateway/catalog/view.ts';
import { buildFirstAnswers } from '../../gateway/first-answers/build-first-answers.ts';
import { type ListedFacts, listedFacts, rememberedAsListed } from '../../gateway/first-answers/remembered-as-listed.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { fleetOf, startImageOf } from '../../manager/parts-of.ts';
import type { PinPolicy } from '../../options/option-checks.ts';
import { type Binding, type ProcessFacts, pathsIn, readBinding } from './binding.ts';
import { readEpoch } from './read-first-answers.ts';

/** A gateway that serves a client over standard streams. */
export interface ServedStdio {
  readonly manager: ConnectorProxyManager;
  readonly view: View | undefined;
  readonly policy: PinPolicy;
  readonly facts: ProcessFacts;
}

/**
 * Time after which the gateway has certainly read a changed file, in milliseconds. The gateway checks its files every
 * second.
 */
const SETTLED_MS = 3_000;

/** Returns facts about this process. Copies the environment, because it may change later. */
export function processFacts(): ProcessFacts {
  return { argv: process.argv.slice(2), cwd: process.cwd(), env: { ...process.env }, bin: process.argv[1] ?? '' };
}

/** Controls the first answers, which a running gateway stores for the next start. */
export interface KeptAnswers {
  /**
   * Remembers the current tools for the last write. Call this before the manager is closed, because a closed manager
   * lists no tools.
   */
  closing(): void;
}

/**
 * Stores the first answers of a gateway in the state folder after each write of the start image (the file with the data
 * for a fast start). Removes the first answers if they may be wrong. Call this before the manager reads its files.
 * Returns null if the gateway cannot have first answers.
 */
export function keepFirstAnswers({ manager, view, policy, facts }: ServedStdio): KeptAnswers | null {
  const image = startImageOf(manager);
  // First answers are checked only against files on this host, so they must not depend on the state of a fleet.
  if (image === null || view === undefined || fleetOf(manager) !== null) return null;
  const { config, registry } = manager.status();
  const own = [...(config?.files ?? []), ...(registry === null ? [] : [registry.path])];
  const paths = [...new Set([...pathsIn(facts.argv, facts.cwd), ...own.flatMap((path) => pathsIn([path], facts.cwd))])];
  const name = firstAnswersName(facts.argv, facts.cwd);
  const read = new ReadFiles(
    () => bindingOf(facts, paths),
    () => void keep(),
  );
  let epoch: string | null | undefined;
  let isKept = true;
  let last: (ListedFacts & { readonly validUntilMs: number | null | undefined }) | null = null;
  const listed = () => last ?? { ...listedFacts(manager), validUntilMs: validUntil(manager) };

  const build = async (): Promise<Uint8Array | null> => {
    const binding = read.known();
    const now = listed();
    const { validUntilMs } = now;
    if (binding === null || validUntilMs === undefined || epoch === undefined) return null;
    const remembered = await rememberedAsListed(now, image, policy);
    if (remembered === null) return null;
    const { answers, texts } = await buildFirstAnswers(remembered.tools, view.route);
    // The files or the tools changed during the build, so the answers are outdated. The next write includes the change.
    if (read.known()?.identity !== binding.identity || listed().tools !== now.tools) return null;
    const header = {
      ...answers,
      ...{ version: PACKAGE_VERSION, image: remembered.image, epoch, paths, binding: binding.digest },
      ...{ writtenAtMs: systemClock.now(), validUntilMs },
    };
    const bytes = encodeFirstAnswers(header, texts);
    return bytes.length > MAX_FIRST_ANSWERS_BYTES ? null : bytes;
  };
  const keep = async (): Promise<void> => {
    const bytes = await build();
    if (bytes === null && !isKept) return;
    isKept = bytes !== null;
    await image.writeFirstAnswers(name, bytes);
  };
  image.follow(async (write) => {
    // The epoch is read before the image is written. If a tool is approved during the write, the epoch changes, and the
    // answers become invalid.
    epoch = epochOf(image.stateDir);
    await write();
    await keep();
  });
  return {
    closing() {
      last = listed();
    },
  };
}

/** Tracks whether the gateway has already read the current content of its files. */
class ReadFiles {
  readonly #read: () => Binding | null;
  readonly #onSettled: () => void;
  #known: Binding | null;
  #changed: { readonly binding: Binding; readonly sinceMs: number } | null = null;

  /**
   * `read` returns a digest of the files. Create this object right before the gateway reads the files for the first
   * time.
   */
  constructor(read: () => Binding | null, onSettled: () => void) {
    this.#read = read;
    this.#onSettled = onSettled;
    this.#known = read();
  }

  /**
   * Returns the digest of the files if the gateway has read their current content. Otherwise returns null, and calls
   * `onSettled` once the gateway has read that content.
   */
  known(): Binding | null {
    const now = this.#read();
    if (now === null || now.identity === this.#known?.identity) return now;
    const isSame = this.#changed?.binding.identity === now.identity;
    if (isSame && this.#changed !== null && monotonicMs() - this.#changed.sinceMs >= SETTLED_MS) {
      this.#known = now;
      return now;
    }
    if (isSame) return null;
    this.#changed = { binding: now, sinceMs: monotonicMs() };
    startTimer(SETTLED_MS + 1, () => this.#onSettled());
    return null;
  }
}

/**
 * Returns the time until which all maps and key documents are valid, in epoch milliseconds; null if there is no limit.
 * Returns undefined if a map is missing or dropped, or if the local file or the registry has an error.
 */
function validUntil(manager: ConnectorProxyManager): number | null | undefined {
  const { serviceMaps, config, registry } = manager.status();
  if ((config?.lastError ?? null) !== null || (registry?.lastError ?? null) !== null) return undefined;
  const maps = serviceMaps.filter(({ url }) => url !== null);
  if (maps.some(({ dropped, expiresAt }) => dropped !== null || expiresAt === null)) return undefined;
  const instants = maps.flatMap(({ expiresAt, keys }) => [expiresAt, keys.expiresAt]).filter((at) => at !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

function bindingOf(facts: ProcessFacts, paths: readonly string[]): Binding | null {
  try {
    return readBinding(facts, paths);
  } catch {
    // No first answers are written if a file cannot be read. The code that needs the file reports the error.
    return null;
  }
}

/**
 * Returns the content of the epoch file in a state folder; null if the file is missing, and undefined if it cannot be
 * read.
 */
function epochOf(stateDir: string): string | null | undefined {
  try {
    return readEpoch(stateDir);
  } catch {
    // Without the epoch, no first answers are written. Nothing else needs the epoch.
    return undefined;
  }
}

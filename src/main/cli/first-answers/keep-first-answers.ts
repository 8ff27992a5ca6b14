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

/** A gateway over standard streams. */
export interface ServedStdio {
  readonly manager: ConnectorProxyManager;
  readonly view: View | undefined;
  readonly policy: PinPolicy;
  readonly facts: ProcessFacts;
}

/** Time after which a gateway has read a changed file, in milliseconds: it checks every second. */
const SETTLED_MS = 3_000;

/** Returns the facts about this process. Copies the environment, because the variables may change later. */
export function processFacts(): ProcessFacts {
  return { argv: process.argv.slice(2), cwd: process.cwd(), env: { ...process.env }, bin: process.argv[1] ?? '' };
}

/** The first answers of a running gateway. */
export interface KeptAnswers {
  /**
   * Records the state for the last answers. Call it before the manager is closed, because a closed manager lists no
   * tools.
   */
  closing(): void;
}

/**
 * Writes the first answers of a gateway after each start image, until the gateway ends. Call it before the manager
 * reads its files. Removes the answers if they may be wrong. Returns null if the gateway cannot keep any.
 */
export function keepFirstAnswers({ manager, view, policy, facts }: ServedStdio): KeptAnswers | null {
  const image = startImageOf(manager);
  // First answers depend only on files of this host, and the state of a fleet is in none of these files.
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
    // These answers are outdated; the next write includes the changes.
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
    // Read the epoch before the image is written: an approval during the write then invalidates the answers.
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

/** Tracks whether a gateway uses the current content of its files. */
class ReadFiles {
  readonly #read: () => Binding | null;
  readonly #onSettled: () => void;
  #known: Binding | null;
  #changed: { readonly binding: Binding; readonly sinceMs: number } | null = null;

  /** `read` reads the files. Create the object right before the gateway reads them for the first time. */
  constructor(read: () => Binding | null, onSettled: () => void) {
    this.#read = read;
    this.#onSettled = onSettled;
    this.#known = read();
  }

  /**
   * Returns the content of the files if the gateway has read it. Otherwise returns null, and `onSettled` is called once
   * the gateway has read it.
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
 * Returns the time until which all maps and key documents are valid, in epoch ms. Returns null for an unlimited
 * validity, and undefined if a map or document is not valid now.
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
    // Without the file, nothing is answered early, and the code that needs the file reports the error.
    return null;
  }
}

/** Returns the epoch of a folder; undefined if it cannot be read. */
function epochOf(stateDir: string): string | null | undefined {
  try {
    return readEpoch(stateDir);
  } catch {
    // Without the epoch nothing is answered early, and nothing else depends on the epoch.
    return undefined;
  }
}

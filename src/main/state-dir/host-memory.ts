import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { startTimer, systemClock, type Timer } from '../../shared/clock.ts';
import type { LoginStore } from '../../shared/logins/login-store.ts';
import { readStartImage, type StartImage, startImageName } from '../../shared/protocol/start-image.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { DEFAULT_SOURCE } from '../options/option-checks.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { WriterClient } from '../writer/writer-client.ts';
import { DurableLogins } from './durable-logins.ts';
import { DurableToolMemory } from './durable-tool-memory.ts';
import { shareLogins } from './fleet/share-logins.ts';
import { createMapMemory, forgetfulMapMemory, type MapMemory } from './map-memory.ts';
import { MemoryLogins } from './memory-logins.ts';
import { createProgramMemory, forgetfulProgramMemory, type ProgramMemory } from './program-memory.ts';
import { StoreHealth } from './store-health.ts';
import { createVolatileToolMemory, type OwnToolMemory } from './tool-memory.ts';

/** Delay between a change in the store and the next write of the start image. */
const IMAGE_DELAY_MS = 1_000;

/** The largest start image that is read: twice the largest one that the writer creates. */
const MAX_IMAGE_BYTES = 32 * 1024 * 1024;

/**
 * Everything that a manager remembers across restarts. Without a folder, or with an unusable one, everything works, but
 * starts cold.
 */
export interface HostMemory {
  readonly maps: MapMemory;
  readonly tools: OwnToolMemory;
  /** The running stdio servers, so that the next host can end them if this host is killed. */
  readonly programs: ProgramMemory;
  /** Logins to connectors: encrypted in the folder, or in memory without a folder. */
  readonly logins: LoginStore;
  /** Returns the time in epoch ms, on the clock that logins use for turns to refresh. */
  readonly leaseNow: () => number;
  /** The state of the store; null without a store. */
  readonly health: StoreHealth | null;
  /** The start image; null without a folder. */
  readonly image: KeptImage | null;
  /** Resolves when all data passed so far is on disk, or could not be written. Never rejects. */
  close(): Promise<void>;
}

/** The start image of a manager, as seen by the writers of other files that are kept next to the image. */
export interface KeptImage {
  readonly stateDir: string;
  readonly scope: string;
  /**
   * Wraps each write of the image in `around`, including the last write, which `close()` waits for. `around` must call
   * `write`, which never rejects. `around` itself must not reject either.
   */
  follow(around: (write: () => Promise<void>) => Promise<void>): void;
  /** Writes first answers next to the image, or removes them (null). Never rejects. */
  writeFirstAnswers(name: string, bytes: Uint8Array | null): Promise<void>;
}

type HostMemoryOptions = Pick<
  ResolvedOptions,
  'stateDir' | 'maps' | 'configFiles' | 'serverRegistry' | 'pinTools' | 'clock' | 'random' | 'logger'
>;

/**
 * Starts to read the remembered state in the background. `rest` resolves when the start image has served its first
 * call.
 */
export function createHostMemory(
  options: HostMemoryOptions,
  rest: () => Promise<void>,
  fleet: Fleet | null = null,
): HostMemory {
  const { stateDir, pinTools, clock } = options;
  if (stateDir !== null) return createDurableMemory(stateDir, options, rest, fleet);
  const tools = createVolatileToolMemory(pinTools !== 'off', () => clock.now());
  const programs = forgetfulProgramMemory;
  const leaseNow = (): number => clock.now();
  const { logins, close } = shareLogins(new MemoryLogins(clock), fleet, { ...options, leaseNow });
  return {
    maps: forgetfulMapMemory,
    tools,
    programs,
    logins,
    leaseNow,
    health: null,
    image: null,
    close: async () => close(),
  };
}

function createDurableMemory(
  stateDir: string,
  options: HostMemoryOptions,
  rest: () => Promise<void>,
  fleet: Fleet | null,
): HostMemory {
  const { pinTools, clock, logger } = options;
  const scope = scopeOf(options);
  const writer = new WriterClient(stateDir, { logger });
  const health = new StoreHealth(stateDir, logger);
  const image = loadStartImage(stateDir, scope);
  const storeKeys = new Set<string>();
  let isImageBehind = false;
  let timer: Timer | null = null;
  let around: (write: () => Promise<void>) => Promise<void> = (write) => write();
  let writing: Promise<void> = Promise.resolve();

  const writeIfBehind = async (): Promise<void> => {
    if (!isImageBehind) return;
    isImageBehind = false;
    await around(() =>
      writer
        .ask((api) => api.writeStartImage(scope, [...storeKeys]))
        .then(
          () => {},
          (error) => health.failed(error),
        ),
    );
  };
  /** Writes the image once earlier writes are done. Files next to the image are written after each write. */
  const writeImage = (): Promise<void> => {
    timer?.cancel();
    timer = null;
    writing = writing.then(writeIfBehind);
    return writing;
  };
  const onSaved = (): void => {
    isImageBehind = true;
    timer ??= startTimer(IMAGE_DELAY_MS, () => void writeImage());
  };
  const maps = createMapMemory({
    writer,
    health,
    early: image.then((read) => read?.maps ?? []),
    rest,
    onUsed: (storeKey) => void storeKeys.add(storeKey),
    onSaved,
  });
  const tools = new DurableToolMemory({
    ...{ writer, health, image, scope, onSaved },
    isPinned: pinTools !== 'off',
    // With `quarantine`, tools are only published after the comparison with their pins.
    rest: pinTools === 'quarantine' ? () => Promise.resolve() : rest,
    now: () => clock.now(),
  });

  const programs = createProgramMemory(writer, health);
  const leaseNow = (): number => systemClock.now();
  const shared = shareLogins(new DurableLogins(stateDir, writer), fleet, { ...options, leaseNow });

  return {
    maps,
    tools,
    programs,
    logins: shared.logins,
    leaseNow,
    health,
    image: {
      ...{ stateDir, scope },
      follow: (wrap) => {
        around = wrap;
      },
      // Without first answers the next start is slower; the store reports what is wrong with the disk.
      writeFirstAnswers: (name, bytes) =>
        writer
          .ask((api) => api.writeFirstAnswers(name, bytes))
          .then(
            () => {},
            (error) => health.failed(error),
          ),
    },
    async close() {
      shared.close();
      await Promise.all([maps.flushed(), tools.flushed(), programs.flushed()]);
      // A failing store would only report the same failure again.
      if (health.failure === null) await writeImage();
      timer?.cancel();
      health.closing();
      await writer.close();
    },
  };
}

/**
 * Reads the start image of a scope on this thread. Null if it is missing or invalid, or if another user may have
 * written it. Never rejects.
 */
async function loadStartImage(stateDir: string, scope: string): Promise<StartImage | null> {
  try {
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    await using file = await open(join(stateDir, startImageName(scope)), flags);
    const stats = await file.stat();
    const own = process.geteuid?.();
    const isOwn = own === undefined || stats.uid === own || stats.uid === 0;
    if (!stats.isFile() || !isOwn || stats.size > MAX_IMAGE_BYTES) return null;
    return readStartImage(await file.readFile(), scope);
  } catch {
    return null;
  }
}

/** Returns the scope that two managers on one folder must have in common to share their memory of connectors. */
function scopeOf({ maps, configFiles, serverRegistry }: HostMemoryOptions): string {
  const url = maps.find(({ id }) => id === DEFAULT_SOURCE)?.url ?? null;
  const others = maps.filter(({ id }) => id !== DEFAULT_SOURCE).map((map) => [map.id, map.url]);
  // A single file is not wrapped in a list, to keep the scopes of versions that allowed only one.
  const files = configFiles.length > 1 ? configFiles : (configFiles[0] ?? null);
  const registries = serverRegistry === null ? [] : [serverRegistry];
  return createHash('sha256')
    .update(JSON.stringify([url, files, ...registries, ...others]))
    .digest('hex');
}

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

/** Delay between a change in the store and the next write of the start image, which a start reads before the store. */
const IMAGE_DELAY_MS = 1_000;

/** Maximum size of a start image that is read, in bytes. It is twice the maximum size that the writer creates. */
const MAX_IMAGE_BYTES = 32 * 1024 * 1024;

/**
 * Everything that a manager remembers across restarts. Without a usable state folder, everything works, but each start
 * has to load everything again.
 */
export interface HostMemory {
  readonly maps: MapMemory;
  readonly tools: OwnToolMemory;
  /** The running stdio servers, so that another host can end them if this host is killed. */
  readonly programs: ProgramMemory;
  /** Logins to connectors. They are stored encrypted in the state folder, or in memory if there is no folder. */
  readonly logins: LoginStore;
  /** Returns the time in epoch milliseconds, on the clock that logins use for their refresh turns. */
  readonly leaseNow: () => number;
  /** The state of the store; null if there is no store. */
  readonly health: StoreHealth | null;
  /** The start image; null if there is no state folder. */
  readonly image: KeptImage | null;
  /** Closes the memory. Resolves once all data is on disk, or could not be written. Never rejects. */
  close(): Promise<void>;
}

/** Functions for code that writes other files next to the start image. */
export interface KeptImage {
  readonly stateDir: string;
  readonly scope: string;
  /**
   * Calls `around` for each write of the image, including the last one, which `close()` waits for. `around` must call
   * `write`, which never rejects. `around` itself must not reject either.
   */
  follow(around: (write: () => Promise<void>) => Promise<void>): void;
  /** Writes the file `name` with the first answers to a client. Removes it if `bytes` is null. Never rejects. */
  writeFirstAnswers(name: string, bytes: Uint8Array | null): Promise<void>;
}

type HostMemoryOptions = Pick<
  ResolvedOptions,
  'stateDir' | 'maps' | 'configFiles' | 'serverRegistry' | 'pinTools' | 'clock' | 'random' | 'logger'
>;

/**
 * Creates the memory of a manager, and starts to read the state of an earlier run in the background. `rest` resolves
 * when the first call that the start image made possible has been served.
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
  /** Writes the image after earlier writes have ended. Other files next to the image are written after it. */
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
    // With `quarantine`, tools are published only after a comparison with their pins, so this comparison cannot wait.
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
      // Without first answers, the next start is only slower. The store reports problems of the disk.
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
      // If the store failed before, this write would only report the same failure again.
      if (health.failure === null) await writeImage();
      timer?.cancel();
      health.closing();
      await writer.close();
    },
  };
}

/**
 * Reads the start image of a scope on this thread. Returns null if it is missing or invalid, or if another user may
 * have written it. Never rejects.
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

/**
 * Returns the scope of a manager. Managers with the same folder and the same scope share their memory of connectors.
 */
function scopeOf({ maps, configFiles, serverRegistry }: HostMemoryOptions): string {
  const url = maps.find(({ id }) => id === DEFAULT_SOURCE)?.url ?? null;
  const others = maps.filter(({ id }) => id !== DEFAULT_SOURCE).map((map) => [map.id, map.url]);
  // A single file is not put into an array, because versions that allowed only one file used this form of the scope.
  const files = configFiles.length > 1 ? configFiles : (configFiles[0] ?? null);
  const registries = serverRegistry === null ? [] : [serverRegistry];
  return createHash('sha256')
    .update(JSON.stringify([url, files, ...registries, ...others]))
    .digest('hex');
}

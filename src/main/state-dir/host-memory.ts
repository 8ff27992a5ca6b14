import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { startTimer, type Timer } from '../../shared/clock.ts';
import { readStartImage, type StartImage, startImageName } from '../../shared/protocol/start-image.ts';
import { DEFAULT_SOURCE } from '../options/option-checks.ts';
import type { ResolvedOptions } from '../options/options.ts';
import { WriterClient } from '../writer/writer-client.ts';
import { DurableToolMemory } from './durable-tool-memory.ts';
import { createMapMemory, forgetfulMapMemory, type MapMemory } from './map-memory.ts';
import { createProgramMemory, forgetfulProgramMemory, type ProgramMemory } from './program-memory.ts';
import { StoreHealth } from './store-health.ts';
import { createVolatileToolMemory, type ToolMemory } from './tool-memory.ts';

/** How long after something was kept the start image is written anew. */
const IMAGE_DELAY_MS = 1_000;

/** The largest start image that is read: twice what the writer puts into one. */
const MAX_IMAGE_BYTES = 32 * 1024 * 1024;

/**
 * Everything that a manager remembers over restarts. Without a folder, or with one that cannot be used, all works, just
 * cold.
 */
export interface HostMemory {
  readonly maps: MapMemory;
  readonly tools: ToolMemory;
  /** Which programs run, for the next host to end if this one is killed outright. */
  readonly programs: ProgramMemory;
  /** How the store does; null without one. */
  readonly health: StoreHealth | null;
  /** Resolves when what was handed over is on disk, or has failed. Never rejects. */
  close(): Promise<void>;
}

type HostMemoryOptions = Pick<
  ResolvedOptions,
  'stateDir' | 'maps' | 'configFiles' | 'serverRegistry' | 'pinTools' | 'clock' | 'logger'
>;

/**
 * Starts to read what is remembered, in the background; `rest` resolves when the start image has served its first call.
 */
export function createHostMemory(options: HostMemoryOptions, rest: () => Promise<void>): HostMemory {
  const { stateDir, pinTools, clock } = options;
  if (stateDir !== null) return createDurableMemory(stateDir, options, rest);
  const tools = createVolatileToolMemory(pinTools !== 'off', () => clock.now());
  const programs = forgetfulProgramMemory;
  return { maps: forgetfulMapMemory, tools, programs, health: null, close: () => Promise.resolve() };
}

function createDurableMemory(stateDir: string, options: HostMemoryOptions, rest: () => Promise<void>): HostMemory {
  const { pinTools, clock, logger } = options;
  const scope = scopeOf(options);
  const writer = new WriterClient(stateDir, { logger });
  const health = new StoreHealth(stateDir, logger);
  const image = loadStartImage(stateDir, scope);
  const storeKeys = new Set<string>();
  let isImageBehind = false;
  let timer: Timer | null = null;

  const writeImage = async (): Promise<void> => {
    timer?.cancel();
    timer = null;
    if (!isImageBehind) return;
    isImageBehind = false;
    await writer.ask((api) => api.writeStartImage(scope, [...storeKeys])).catch((error) => health.failed(error));
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
    // Under quarantine nothing is published before it was compared.
    rest: pinTools === 'quarantine' ? () => Promise.resolve() : rest,
    now: () => clock.now(),
  });

  const programs = createProgramMemory(writer, health);

  return {
    maps,
    tools,
    programs,
    health,
    async close() {
      await Promise.all([maps.flushed(), tools.flushed(), programs.flushed()]);
      // A store that fails would only say so again.
      if (health.failure === null) await writeImage();
      timer?.cancel();
      await writer.close();
    },
  };
}

/**
 * Reads the start image of a scope on this thread. Null if there is no good one, or one that somebody else may have
 * put there. Never rejects.
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

/** What two managers on one folder must have in common to share what is remembered of connectors. */
function scopeOf({ maps, configFiles, serverRegistry }: HostMemoryOptions): string {
  const url = maps.find(({ id }) => id === DEFAULT_SOURCE)?.url ?? null;
  const others = maps.filter(({ id }) => id !== DEFAULT_SOURCE).map((map) => [map.id, map.url]);
  // One file stands alone, as it did before there could be several.
  const files = configFiles.length > 1 ? configFiles : (configFiles[0] ?? null);
  const registries = serverRegistry === null ? [] : [serverRegistry];
  return createHash('sha256')
    .update(JSON.stringify([url, files, ...registries, ...others]))
    .digest('hex');
}

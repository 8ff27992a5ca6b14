import { join } from 'node:path';
import {
  type EarlyMap,
  frameOf,
  START_IMAGE_FORMAT,
  START_IMAGE_MAX_MAP_BYTES,
  type StartImageHeader,
  startImageMap,
  startImageName,
} from '../../shared/protocol/start-image.ts';
import type { StoredSource } from '../../shared/protocol/writer-messages.ts';
import { replaceDurably } from '../servers-file/durable-file.ts';
import type { ToolTable } from '../tables/tool-table.ts';

/** Maximum size of a start image, in bytes. Connectors that do not fit are read from the store a little later. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The content of a start image. */
export interface StartImageParts {
  readonly scope: string;
  readonly storeId: string;
  readonly maps: readonly EarlyMap[];
  readonly table: ToolTable;
}

/**
 * Returns a list with the entry of a source in the start image. The list is empty if there is no map, or if the source
 * is damaged or too large. The next start then has to read the store first.
 */
export function earlyMapOf({ map, isDamaged, ...facts }: StoredSource): EarlyMap[] {
  const { seenSigned, mapId, keyVersion, keyDocument } = facts;
  if (map === null || isDamaged || map.body.length > START_IMAGE_MAX_MAP_BYTES) return [];
  if ((keyDocument?.length ?? 0) > START_IMAGE_MAX_MAP_BYTES) return [];
  return [{ map, facts: { seenSigned, mapId, keyVersion, keyDocument } }];
}

/** Atomically writes a scope's start image, which the next start reads first. Throws the error of the file system. */
export function writeStartImage(stateDir: string, { scope, storeId, maps, table }: StartImageParts): void {
  const header: StartImageHeader = {
    format: START_IMAGE_FORMAT,
    scope,
    storeId,
    connectorCount: table.count(scope),
    maps: maps.map(startImageMap),
  };
  const frames = [frameOf(JSON.stringify(header)), ...maps.map(({ map }) => frameOf(map.body))];
  let size = frames.reduce((sum, { length }) => sum + length, 0);
  for (const connector of connectorsOf(scope, table)) {
    const frame = frameOf(JSON.stringify(connector));
    size += frame.length;
    if (size > MAX_BYTES) break;
    frames.push(frame);
  }
  // A symbolic link at this path was made by another program, so it is replaced and not followed.
  replaceDurably(join(stateDir, startImageName(scope)), Buffer.concat(frames), () => true, false);
}

function* connectorsOf(scope: string, table: ToolTable) {
  let afterId: string | null = '';
  while (afterId !== null) {
    const { connectors, nextId } = table.page(scope, afterId);
    yield* connectors;
    afterId = nextId;
  }
}

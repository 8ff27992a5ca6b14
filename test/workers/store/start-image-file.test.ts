import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { readStartImage, START_IMAGE_MAX_MAP_BYTES, startImageName } from '../../../src/shared/protocol/start-image.ts';
import type { StoredMap } from '../../../src/shared/protocol/writer-messages.ts';
import { earlyMapOf, writeStartImage } from '../../../src/workers/store/start-image-file.ts';
import { ToolTable } from '../../../src/workers/tables/tool-table.ts';
import { NO_FACTS } from '../../helpers/stored-source.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const mapOf = (storeKey: string, size: number): StoredMap => ({
  storeKey,
  etag: null,
  body: new Uint8Array(size),
  generatedAtMs: 1,
  savedAtMs: 2,
});

it('the start image contains the small maps and every connector of its scope, even if they fill several pages', () => {
  using dir = new TempDir();
  using database = new DatabaseSync(':memory:');
  const table = new ToolTable(database);
  const ids = Array.from({ length: 70 }, (_, index) => `c${String(index).padStart(2, '0')}`);
  const connectors = ids.map((connectorId) => ({
    connectorId,
    endpoint: 'http://127.0.0.1:9/',
    era: 'modern' as const,
    transport: 'streamable-http',
    protocolVersion: null,
    serverName: null,
    listedAtMs: 3,
    toolsText: '[]',
  }));
  table.save('scope', { connectors, pins: [], isPinned: false });
  table.save('other scope', { connectors: connectors.slice(0, 1), pins: [], isPinned: false });
  const known = { floorMs: 1, isDamaged: false, ...NO_FACTS, seenSigned: true };
  const maps = [
    { ...known, map: mapOf('small', 10) },
    { ...known, map: mapOf('large', START_IMAGE_MAX_MAP_BYTES + 1) },
    { ...known, map: mapOf('damaged keys', 10), isDamaged: true },
    { ...known, map: mapOf('large keys', 10), keyDocument: ' '.repeat(START_IMAGE_MAX_MAP_BYTES + 1) },
  ].flatMap(earlyMapOf);
  writeStartImage(dir.path, { scope: 'scope', storeId: 'store', maps, table });

  const path = join(dir.path, startImageName('scope'));
  const image = readStartImage(readFileSync(path), 'scope');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(image?.header).toMatchObject({ storeId: 'store', connectorCount: 70 });
  expect(image?.maps).toEqual([{ map: mapOf('small', 10), facts: { ...NO_FACTS, seenSigned: true } }]);
  expect([...(image?.connectors ?? [])].map(({ connectorId }) => connectorId)).toEqual(ids);
});

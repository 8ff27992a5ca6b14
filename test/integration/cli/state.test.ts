import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WriterClient } from '../../../src/main/writer/writer-client.ts';
import type { SourceNotes } from '../../../src/shared/protocol/writer-messages.ts';
import { createKeyDocument } from '../../../src/shared/signatures/key-document.ts';
import { readSigningKey } from '../../../src/shared/signatures/signing-key.ts';
import { type Ended, runCli } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { expectDocument } from '../../helpers/json-documents/document-case.ts';
import { entry, mapOf, signed } from '../../helpers/signed-map.ts';
import { jwksOf, newKey } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const URL_OF_MAP = 'https://maps.example.com/map';
const STORE_KEY = 'f'.repeat(64);

let dir: TempDir;
beforeEach(() => {
  dir = new TempDir();
});
afterEach(() => dir[Symbol.dispose]());

const state = (...args: string[]): Promise<Ended> => runCliHere(['state', ...args, '--state-dir', dir.path]);
const shown = async () => JSON.parse((await state('show', '--json')).stdout).sources;

/** Stores a map with this `generatedAt` under a store key and URL. */
async function remember(generatedAtMs: number, storeKey = STORE_KEY, url = URL_OF_MAP, isSigned = true): Promise<void> {
  const writer = new WriterClient(dir.path);
  try {
    const generatedAt = new Date(generatedAtMs).toISOString();
    const body = new Uint8Array(signed(mapOf([entry('a')], { generatedAt })));
    const notes: SourceNotes = { url, isSigned, mapId: isSigned ? 'map-1' : null };
    await writer.saveMap({ storeKey, etag: null, body, generatedAtMs, savedAtMs: generatedAtMs }, notes);
  } finally {
    await writer.close();
  }
}

describe('mcp-switchyard state show', () => {
  it('for each source, `state show` shows the minimum map time (floor), the map, whether it was signed, and the key document', async () => {
    const nowMs = Date.now();
    await remember(nowMs);
    const root = newKey('root');
    const payload = {
      ...{ version: 3, expires: '2030-01-01T00:00:00.000Z', keys: jwksOf(root), threshold: 1, revoked: [] },
      roots: ['root'],
    };
    const writer = new WriterClient(dir.path);
    const text = JSON.stringify(createKeyDocument(payload, [readSigningKey(root)]));
    await writer.ask((api) => api.saveKeys(STORE_KEY, URL_OF_MAP, 3, text));
    await writer.close();
    expect(await shown()).toEqual([
      {
        key: STORE_KEY,
        url: URL_OF_MAP,
        floor: nowMs,
        isFloorAhead: false,
        map: { generatedAt: nowMs, expiresAt: nowMs + 3_600_000, savedAt: nowMs },
        seenSigned: true,
        mapId: 'map-1',
        keyDocument: { version: 3, expiresAt: Date.parse('2030-01-01') },
      },
    ]);
    const { code, stdout } = await runCli(['state', 'show', '--state-dir', dir.path]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('keys        document 3, expires 2030-01-01')]);
  });

  it('`state show` reports a source whose minimum map time is in the future', async () => {
    await remember(Date.now() + 3_600_000);
    expect((await state('show')).stdout).toContain('which is in the future');
    expect((await shown())[0].isFloorAhead).toBe(true);
  });

  it('`state show` fails if there is no store in the state folder, or if `--no-state` is given', async () => {
    expect(await state('show')).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no store in') });
    expect(await state('show', '--no-state')).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-state') });
  });
});

describe('mcp-switchyard state reset-floor', () => {
  it.each([
    ['its URL', URL_OF_MAP],
    ['its URL with a query', `${URL_OF_MAP}?token=1`],
    ['its key', STORE_KEY],
    ['the start of its key', 'ffffff'],
    ['the id of its map', 'map-1'],
  ])(
    '`state reset-floor` finds a source by %s, and remembers after the reset that its maps were signed',
    async (_, source) => {
      await remember(Date.now() + 3_600_000);
      const { code, stderr } = await state('reset-floor', '--source', source, '--yes');
      expect([code, stderr]).toEqual([0, expect.stringContaining('notice the reset at their next refresh')]);
      expect(await shown()).toMatchObject([{ floor: null, map: null, seenSigned: true, mapId: 'map-1' }]);
      expect(await state('reset-floor', '--source', source, '--yes', '--json')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('"wasReset": false'),
      });
    },
  );

  it('`state reset-floor` warns that running hosts keep their minimum map time in memory', async () => {
    await remember(Date.now() - 60_000);
    const { code, stderr } = await state('reset-floor', '--source', URL_OF_MAP, '--yes');
    expect([code, stderr]).toEqual([0, expect.stringContaining('Restart the hosts')]);
    expect(await shown()).toMatchObject([{ floor: null, map: { expiresAt: expect.any(Number) } }]);
  });

  it('`state reset-floor` without a terminal changes nothing unless `--yes` is given', async () => {
    await remember(Date.now());
    const { code, stderr } = await state('reset-floor', '--source', URL_OF_MAP);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('There is no terminal for the confirmation: give --yes'),
    ]);
    expect((await shown())[0].floor).not.toBeNull();
  });

  it('`state reset-floor` names the sources if `--source` matches none or several of them', async () => {
    await remember(Date.now());
    await remember(Date.now(), `${'f'.repeat(62)}00`, 'https://maps.example.com/other', false);
    const none = await state('reset-floor', '--source', 'https://maps.example.com/nope', '--yes');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining(`its sources are: ${URL_OF_MAP}`)]);
    const several = await state('reset-floor', '--source', 'ffffff', '--yes');
    expect([several.code, several.stderr]).toEqual([2, expect.stringContaining('Several sources match ffffff')]);
  });

  it('`state reset-floor` keeps the minimum map time and fails with `NOT_CONFIRMED` if the user answers "n"', async () => {
    const nowMs = Date.now();
    await remember(nowMs);
    const terminal = 'data:text/javascript,process.stdin.isTTY=true;process.stderr.isTTY=true';
    const args = ['state', 'reset-floor', '--json', '--source', URL_OF_MAP, '--state-dir', dir.path];
    const declined = await runCli(args, { nodeArgs: ['--import', terminal], stdin: 'n\n' });
    const members = ['key', 'floor', 'wasReset'];
    expect(expectDocument(declined, { code: 1, error: 'NOT_CONFIRMED', members })).toMatchObject({ wasReset: false });
    expect((await shown())[0].floor).toBe(nowMs);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fetch } from 'undici';
import { describe, expect, it } from 'vitest';
import type { KeyDocumentSource } from '../../../src/main/options/trust/trust-options.ts';
import { createDocumentPlace } from '../../../src/main/service-map/keys/create-document-place.ts';
import type { DocumentPlace } from '../../../src/main/service-map/keys/document-place.ts';
import { readKeyDocument, type SignedKeyDocument } from '../../../src/shared/signatures/key-document.ts';
import { secret } from '../../helpers/evidence.ts';
import { chainOf } from '../../helpers/key-documents.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { newKey } from '../../helpers/signing-keys.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const chain = chainOf(['a', 'b', 'c', 'd'].map((kid) => newKey(kid)));
const textOf = (version: number): string => JSON.stringify(chain[version - 1] as SignedKeyDocument);

function placeAt(keyDocuments: KeyDocumentSource, mapUrl = 'http://127.0.0.1:9/map', timeoutMs = 5_000): DocumentPlace {
  return createDocumentPlace(keyDocuments, { fetch: (url, init) => fetch(url, init), mapUrl, timeoutMs });
}

async function versionAt(place: DocumentPlace, version: number, apiKey: string | null = null): Promise<number | null> {
  const bytes = await place.read(version, { apiKey, signal: new AbortController().signal });
  return bytes === null ? null : readKeyDocument(bytes).version;
}

const unavailable = (why: RegExp | string = '') =>
  expect.objectContaining({ code: 'KEYS_UNAVAILABLE', message: expect.stringMatching(why) });

describe('key documents at a URL', () => {
  it('if the URL contains `{version}`, each key document has its own URL, and 404 or 410 means that it does not exist', async () => {
    await using server = await MapServer.start();
    server.answer((request, response) => {
      const version = Number(/(\d+)\.json/.exec(request.url ?? '')?.[1]);
      if (version <= 3) response.end(textOf(version));
      else response.writeHead(version === 4 ? 404 : 410).end('<html>');
    });
    const place = placeAt(`${server.url}/{version}.json?v={version}&token=${secret('query')}`);
    const found = await Promise.all([1, 2, 3, 4, 5].map((version) => versionAt(place, version)));
    expect(found).toEqual([1, 2, 3, null, null]);
    expect(server.requests.map(({ url }) => url?.replace(/&.*/, ''))).toContain('/map/3.json?v=3');
    expect(place.nameOf(4)).toBe(`${server.url}/4.json`);
  });

  it('key documents can be read from a single URL that returns an array of documents', async () => {
    await using server = await MapServer.start(new TextEncoder().encode(JSON.stringify(chain)));
    const place = placeAt(server.url);
    expect([place.isByVersion, await versionAt(place, 2), await versionAt(place, 9)]).toEqual([false, 2, 3]);
  });

  it('a request for a key document carries the `apiKey` only if it goes to the origin of the map', async () => {
    await using maps = await MapServer.start();
    await using others = await MapServer.start();
    const apiKey = secret('map');
    await versionAt(placeAt(`${maps.url}/{version}`, maps.url), 1, apiKey);
    await versionAt(placeAt(`${others.url}/{version}`, maps.url), 1, apiKey);
    const sent = [...maps.requests, ...others.requests].map(({ headers }) => headers.authorization);
    expect(sent).toEqual([`Bearer ${apiKey}`, undefined]);
  });

  it('a redirect in place of a key document is rejected, and is not followed', async () => {
    await using target = await MapServer.start(new TextEncoder().encode(textOf(1)));
    await using server = await MapServer.start();
    server.answer((_, response) => response.writeHead(302, { location: target.url }).end());
    await expect(versionAt(placeAt(`${server.url}/{version}`), 1)).rejects.toThrow(unavailable('redirect'));
    expect(target.requests).toEqual([]);
  });

  it.each([
    ['a server error', 503, 'the server responded with status 503'],
    ['a rejected key', 401, 'the server responded with status 401'],
    ['a response without a document', 204, 'the server responded with status 204'],
    ['an unexpected 304', 304, 'the server responded with status 304'],
  ])('reading a key document from a URL fails on %s', async (_, status, why) => {
    await using server = await MapServer.start();
    server.fail(status);
    await expect(versionAt(placeAt(`${server.url}/{version}`), 1)).rejects.toThrow(unavailable(why));
  });

  it('the size limit for key documents at a URL applies to the decompressed size', async () => {
    await using server = await MapServer.start();
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
    server.answer((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    await expect(versionAt(placeAt(`${server.url}/{version}`), 1)).rejects.toThrow(unavailable('larger than 65536'));
    await expect(versionAt(placeAt(server.url), 1)).rejects.toThrow(unavailable('larger than 1048576'));
  });

  it('a request for a key document times out even if bytes keep arriving', async () => {
    await using server = await MapServer.start();
    server.answer((_, response) => {
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    });
    const place = placeAt(`${server.url}/{version}`, undefined, 100);
    await expect(versionAt(place, 1)).rejects.toThrow(unavailable('no response came within 100 ms'));
  });

  it('the error about a key document server that is down does not show the query of the URL', async () => {
    const place = placeAt(`http://127.0.0.1:1/{version}?token=${secret('query')}`);
    await expect(versionAt(place, 2)).rejects.toThrow(unavailable(/^.* from http:\/\/127\.0\.0\.1:1\/2: .*$/));
  });
});

describe('key documents in files', () => {
  it('if the path contains `{version}`, each key document has its own file, and a missing file means that it does not exist', async () => {
    using dir = new TempDir();
    for (const version of [1, 2]) writeFileSync(join(dir.path, `keys-${version}.json`), textOf(version));
    const place = placeAt(join(dir.path, 'keys-{version}.json'));
    const found = await Promise.all([1, 2, 3].map((version) => versionAt(place, version)));
    expect(found).toEqual([1, 2, null]);
    await expect(versionAt(placeAt(join(dir.path, 'keys-1.json', '{version}')), 1)).resolves.toBeNull();
  });

  it('key documents can be read from a single file that contains either the newest document or an array of documents', async () => {
    using dir = new TempDir();
    const path = join(dir.path, 'keys.json');
    const place = placeAt(path);
    await expect(versionAt(place, 1)).resolves.toBeNull();
    writeFileSync(path, textOf(3));
    expect([await versionAt(place, 1), await versionAt(place, 4)]).toEqual([3, 3]);
    writeFileSync(path, JSON.stringify(chain));
    expect([await versionAt(place, 1), await versionAt(place, 4)]).toEqual([1, 3]);
  });

  it('a file with a key document can be a symbolic link, as in a mounted secret', async () => {
    using dir = new TempDir();
    writeFileSync(join(dir.path, 'data'), textOf(1));
    symlinkSync(join(dir.path, 'data'), join(dir.path, '1'));
    await expect(versionAt(placeAt(join(dir.path, '{version}')), 1)).resolves.toBe(1);
  });

  it.each<[string, (path: string) => void, string]>([
    ['a folder', (path) => void mkdirSync(path), 'it is not a regular file'],
    ['a named pipe without a writer', (path) => void execFileSync('mkfifo', [path]), 'it is not a regular file'],
    ['an endless device', (path) => symlinkSync('/dev/zero', path), 'it is not a regular file'],
    ['a file of more than 64 KiB', (path) => writeFileSync(path, ' '.repeat(70_000)), 'larger than 65536 bytes'],
    ['a link to itself', (path) => symlinkSync(path, path), 'ELOOP'],
  ])('reading a key document from a file fails for %s', async (_, make, why) => {
    using dir = new TempDir();
    const path = join(dir.path, '1');
    make(path);
    await expect(versionAt(placeAt(join(dir.path, '{version}')), 1)).rejects.toThrow(unavailable(why));
    rmSync(path, { recursive: true });
  });
});

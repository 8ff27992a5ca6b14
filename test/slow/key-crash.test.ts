import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { storeKeyOf } from '../../src/main/service-map/trust/lineage.ts';
import { WriterClient } from '../../src/main/writer/writer-client.ts';
import { readKeyDocument } from '../../src/shared/signatures/key-document.ts';
import { eventually } from '../helpers/eventually.ts';
import { follower, KeyPublisher } from '../helpers/key-publisher.ts';
import { off } from '../helpers/map-under-test.ts';
import { jwksOf, type PrivateJwk } from '../helpers/signing-keys.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const program = fileURLToPath(new URL('../fixtures/programs/key-follower.ts', import.meta.url));
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** Starts a host with this state folder. `versions` contains the key versions that the host has printed. */
function start(publisher: KeyPublisher, stateDir: string) {
  const jwks = JSON.stringify(jwksOf(publisher.keys[0] as PrivateJwk));
  const { PATH, NODE_V8_COVERAGE } = process.env;
  const env = { PATH, ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
  const args = [program, publisher.mapUrl, publisher.keysUrl, stateDir, jwks];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const versions: number[] = [];
  child.stdout.on('data', (data: Buffer) => versions.push(...data.toString().trim().split('\n').map(Number)));
  return { child, versions, ended: once(child, 'close') };
}

/**
 * Returns what a state folder holds, such as the version of the keys and the version of the key that signed the map.
 */
async function storedIn(stateDir: string, mapUrl: string) {
  const writer = new WriterClient(stateDir);
  try {
    const { keyVersion, keyDocument, map, isDamaged } = await writer.readSource(storeKeyOf(mapUrl));
    const { signatures } = JSON.parse(Buffer.from(map?.body ?? '{}').toString()) as { signatures?: string[] };
    const [header = ''] = signatures?.[0]?.split('.') ?? [];
    const kid = header === '' ? 'key-0' : (JSON.parse(Buffer.from(header, 'base64url').toString()) as PrivateJwk).kid;
    return { keyVersion: keyVersion ?? 0, keyDocument, isDamaged, signerVersion: Number(kid.slice('key-'.length)) };
  } finally {
    await writer.close();
  }
}

describe('a host that is killed while it follows key documents', () => {
  it('a host that is killed while it updates its keys never accepts older keys after a restart', async () => {
    using dir = new TempDir();
    await using publisher = await KeyPublisher.start();
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        publisher.rotate();
        publisher.serve([off(`map-${publisher.keys.length}`)]);
        const { length } = publisher.asked;
        await eventually('a host asks for the map', () => isOver || publisher.asked.includes('map', length));
      }
    })();
    let durableVersion = 0;
    for (let kill = 0; kill < 3; kill += 1) {
      const { child, versions, ended } = start(publisher, dir.path);
      await eventually('it follows', () => versions.length > kill && (versions.at(-1) ?? 0) > durableVersion);
      child.kill('SIGKILL');
      await ended;
      const stored = await storedIn(dir.path, publisher.mapUrl);
      expect(stored.keyVersion).toBeGreaterThanOrEqual(durableVersion);
      expect(stored.isDamaged).toBe(false);
      expect(stored.signerVersion).toBeLessThanOrEqual(stored.keyVersion);
      if (stored.keyDocument !== null) expect(readKeyDocument(stored.keyDocument).version).toBe(stored.keyVersion);
      durableVersion = stored.keyVersion;
    }
    isOver = true;
    await publishing;
    expect(durableVersion).toBeGreaterThan(0);

    // The server now serves only older documents, but the restarted host must not return to older keys.
    publisher.documents.length = durableVersion;
    publisher.serve([off('last')], { signers: [publisher.keys[durableVersion] as PrivateJwk] });
    await using host = follower(publisher, { stateDir: dir.path });
    await host.sync();
    expect(host.status().serviceMap.keys).toMatchObject({
      version: durableVersion,
      trustsConfigurationAlone: false,
    });
    publisher.serve([off('older')], { signers: [publisher.keys[durableVersion - 1] as PrivateJwk] });
    await host.sync(true);
    expect(host.listConnectors().map(({ id }) => id)).toEqual(['last']);
  }, 60_000);
});

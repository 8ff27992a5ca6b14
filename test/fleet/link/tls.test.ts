import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';
import { Authority } from '../../helpers/tls-server.ts';

/** Starts a server that uses TLS on a second port. Its files are in `folder`. */
async function startTls(folder: string, authority: Authority, wantsClient: 'yes' | 'no') {
  const pair = await authority.sign();
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), ca: join(folder, 'ca.pem') };
  writeFileSync(files.cert, pair.cert);
  writeFileSync(files.key, pair.key);
  writeFileSync(files.ca, authority.cert);
  const tlsPort = await freePort();
  const server = await RedisServer.start([
    `tls-port ${tlsPort}`,
    `tls-cert-file ${files.cert}`,
    `tls-key-file ${files.key}`,
    `tls-ca-cert-file ${files.ca}`,
    `tls-auth-clients ${wantsClient}`,
  ]);
  return { server, url: `rediss://127.0.0.1:${tlsPort}` };
}

describe.skipIf(!hasRedis)('a fleet over TLS', () => {
  it('a host of a fleet connects over TLS to a Redis server whose certificate authority is configured', async () => {
    using folder = new TempDir();
    const authority = await Authority.create();
    const { server, url } = await startTls(folder.path, authority, 'no');
    await using _server = server;
    await using host = joinFleet({ url }, { tls: { ca: authority.cert } });
    await host.connected();
    await expect(host.fleet.ask((api) => api.probe())).resolves.toBeDefined();
  });

  it('a host of a fleet rejects a Redis server with an unknown certificate authority, and logs the reason', async () => {
    using folder = new TempDir();
    const { server, url } = await startTls(folder.path, await Authority.create(), 'no');
    await using _server = server;
    await using host = joinFleet({ url });
    await eventually('the reason is logged', () => host.lines.length > 0);
    expect(String(host.lines[0]?.fields.reason)).toMatch(/certificate/i);
    expect(host.fleet.isConnected).toBe(false);
  });

  it('a host of a fleet sends its client certificate to a Redis server that requires one', async () => {
    using folder = new TempDir();
    const authority = await Authority.create();
    const { server, url } = await startTls(folder.path, authority, 'yes');
    await using _server = server;
    await using host = joinFleet({ url }, { tls: { ca: authority.cert, ...(await authority.sign()) } });
    await host.connected();
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { killRunning, startCli } from '../../helpers/cli.ts';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { LocalFile, localServer } from '../../helpers/local-file.ts';

afterEach(killRunning);

describe('a gateway among its own connectors', () => {
  it.each(['auto', 'legacy'])(
    'a connector that is the gateway itself fails with CONNECTOR_LOOP, and the others work (option `era`: %s)',
    async (era) => {
      await using world = await startGateway({ one: localServer(['one']) });
      const { manager, listener, file } = world;
      file.write({ one: localServer(['one']), self: remote({ url: `${listener.url}/mcp` }, { era }) });
      await manager.reload();
      const self = () => manager.status().connectors.find(({ id }) => id === 'self');
      await eventually('it was found out', () => self()?.state === 'failed');
      expect(self()?.lastError?.code).toBe('CONNECTOR_LOOP');
      expect(manager.listTools().map(({ connectorId }) => connectorId)).toEqual(['one', 'one', 'one']);
    },
  );

  it('a gateway can be a connector of another gateway', async () => {
    await using inner = await startGateway({ one: localServer(['one']) });
    await using outer = await startGateway({ inner: remote({ url: `${inner.listener.url}/mcp` }) });
    expect(outer.manager.listTools().map(({ name }) => name)).toContain('inner.one__whoami');
  });

  it('a gateway whose configuration contains its own command as a stdio server does not start itself endlessly', async () => {
    using file = new LocalFile({});
    const bin = new URL('../../../src/main/cli/bin.ts', import.meta.url).pathname;
    const args = [bin, 'serve', '--stdio', '--config', file.path];
    file.write({ one: localServer(['one']), self: { command: process.execPath, args } });
    const { seen } = startCli(['serve', '--config', file.path, '--port', '0']);
    await eventually(
      'both are judged',
      () => /one: ready/.test(seen.stderr) && /self: backing-off/.test(seen.stderr),
      15_000,
    );
  });
});

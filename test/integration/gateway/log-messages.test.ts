import { describe, expect, it } from 'vitest';
import { packageBin } from '../../../src/main/cli/demo/package-bin.ts';
import { startGateway } from '../../helpers/gateway-world.ts';
import { openSession, openStream } from '../../helpers/mcp-post.ts';

describe('log messages that belong to no request', () => {
  const program = (): object => ({
    command: process.execPath,
    args: [packageBin('@modelcontextprotocol/server-everything', 'mcp-server-everything') ?? '', 'stdio'],
  });

  it('a log message that belongs to no request goes only to the client whose call is running at that server', async () => {
    await using world = await startGateway({ ev: program() });
    const url = `${world.listener.url}/mcp`;
    const [mine, other] = [await openSession(url), await openSession(url)];
    await other.call('logging/setLevel', { level: 'debug' });
    await using standing = await openStream(url, { headers: { ...other.headers, accept: 'text/event-stream' } });
    const long = { name: 'ev__trigger-long-running-operation', arguments: { duration: 7, steps: 1 } };
    await mine.call('tools/call', { name: 'ev__toggle-simulated-logging' });
    const heard = await mine.call('tools/call', long);
    await other.call('tools/call', { name: 'ev__toggle-simulated-logging' }).catch(() => {});
    expect(heard.messages.some(({ method }) => method === 'notifications/message')).toBe(true);
    expect(standing.messages.filter(({ method }) => method === 'notifications/message')).toEqual([]);
  });
});

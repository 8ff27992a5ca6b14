import { describe, expect, it } from 'vitest';
import { ClosedConnection } from '../../../../src/main/connectors/connection/failure.ts';
import { requestFailure } from '../../../../src/main/connectors/messages/request-failure.ts';
import { StdioChannel } from '../../../../src/main/connectors/stdio/stdio-channel.ts';

describe('StdioChannel', () => {
  it('after a stdio channel ends, a request in flight is reported as possibly run, and a later request as not sent', async () => {
    const sent: string[] = [];
    const transport = { send: async (line: string) => void sent.push(line) };
    const channel = new StdioChannel(transport, {}, { onMessage: () => {}, onStray: () => {} });
    const failureOf = (request: Promise<unknown>) => request.then(() => null, requestFailure);
    const running = failureOf(channel.request('tools/call', { name: 'pay' }, { signal: null }));
    channel.end(new ClosedConnection());
    const reason = 'The connection is closed';
    expect(await running).toMatchObject({ kind: 'network', isUnsent: false, reason });
    const later = await failureOf(channel.request('tools/call', { name: 'pay' }, { signal: null }));
    expect(later).toMatchObject({ kind: 'network', isUnsent: true, reason });
    expect(sent).toHaveLength(1);
  });
});

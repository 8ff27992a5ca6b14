import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cancellation } from '../../../../src/shared/cancellation.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';
import { connectorUnderTest } from '../../../helpers/connector-under-test.ts';
import { broughtUp, scriptedConnection, toolNamed } from '../../../helpers/scripted-connection.ts';

const echo = toolNamed('echo');
const refused = new SwitchyardError('CONNECTOR_CONNECT_FAILED', 'refused');

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('connector calls', () => {
  it('a connector call returns the response of the connection', async () => {
    const { connector, up } = connectorUnderTest();
    await up(
      scriptedConnection(async (tool, args) => ({
        content: [{ type: 'text', text: `${tool.name} ${JSON.stringify(args)}` }],
      })),
    );
    await expect(connector.calls.callTool(echo, { a: 1 }, {})).resolves.toEqual({
      content: [{ type: 'text', text: 'echo {"a":1}' }],
    });
  });

  it('a connector call waits while the connector is connecting', async () => {
    const { connector, attempt } = connectorUnderTest();
    connector.update(connector.entry);
    const call = connector.calls.callTool(echo, {}, {});
    await vi.advanceTimersByTimeAsync(0);
    attempt().resolve(broughtUp(scriptedConnection()));
    await expect(call).resolves.toEqual({ content: [] });
  });

  it('a call to a connector that is down fails with an error whose name contains the connector id', async () => {
    const { connector, attempt } = connectorUnderTest();
    connector.update(connector.entry);
    await vi.advanceTimersByTimeAsync(0);
    attempt().reject(refused);
    await connector.settled();
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({
      name: 'oneConnectorUnavailableError',
      message: 'Connector one connector is temporarily unavailable',
      code: 'CONNECTOR_UNAVAILABLE',
      cause: refused,
    });
  });

  it('a connector call times out after the call timeout in the entry, or after the `timeoutMs` of the call', async () => {
    const { connector, up } = connectorUnderTest({ timeouts: { call: 200 } });
    await up(scriptedConnection(() => new Promise(() => {})));
    const call = connector.calls.callTool(echo, {}, {});
    call.catch(() => {});
    const patient = connector.calls.callTool(echo, {}, { timeoutMs: 300 });
    patient.catch(() => {});
    await vi.advanceTimersByTimeAsync(200);
    await expect(call).rejects.toMatchObject({ code: 'TOOL_CALL_TIMEOUT' });
    await vi.advanceTimersByTimeAsync(100);
    await expect(patient).rejects.toMatchObject({ code: 'TOOL_CALL_TIMEOUT' });
    expect(connector.state).toBe('ready');
  });

  it('a connector call ends when its caller aborts it, before or during the call', async () => {
    const { connector, up } = connectorUnderTest();
    let seen: Cancellation | null = null;
    await up(
      scriptedConnection((_, __, { signal }) => {
        seen = signal;
        return new Promise(() => {});
      }),
    );
    const controller = new AbortController();
    const call = connector.calls.callTool(echo, {}, { signal: controller.signal });
    call.catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toMatchObject({ code: 'TOOL_CALL_ABORTED', cause: { message: 'enough' } });
    expect(seen).toMatchObject({ aborted: true });
    await expect(connector.calls.callTool(echo, {}, { signal: controller.signal })).rejects.toMatchObject({
      code: 'TOOL_CALL_ABORTED',
    });
  });

  it('a connector call that loses the connection makes the connector reconnect', async () => {
    const { connector, attempts, states, tools, up } = connectorUnderTest();
    const connection = scriptedConnection(() => Promise.reject(new SwitchyardError('TOOL_CALL_LOST', 'gone')));
    await up(connection);
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({ code: 'TOOL_CALL_LOST' });
    expect([states.at(-1), connection.closed, tools]).toEqual(['backing-off', true, [['echo']]]);
    await vi.advanceTimersByTimeAsync(500);
    expect(attempts).toHaveLength(2);
  });

  it('a connector call that the server rejects does not change the state of the connector', async () => {
    const { connector, up } = connectorUnderTest();
    await up(scriptedConnection(() => Promise.reject(new SwitchyardError('TOOL_CALL_REJECTED', 'bad argument'))));
    await expect(connector.calls.callTool(echo, {}, {})).rejects.toMatchObject({ code: 'TOOL_CALL_REJECTED' });
    expect(connector.state).toBe('ready');
  });

  it('a connector call fails if its `onProgress` throws, and the connector stays ready', async () => {
    const { connector, up } = connectorUnderTest();
    await up(
      scriptedConnection((_, __, { onProgress }) => {
        onProgress?.({ progress: 1 }, {});
        return new Promise(() => {});
      }),
    );
    const broken = new Error('broken display');
    const onProgress = (): void => {
      throw broken;
    };
    await expect(connector.calls.callTool(echo, {}, { onProgress })).rejects.toMatchObject({
      code: 'TOOL_CALL_ABORTED',
      cause: broken,
    });
    expect(connector.state).toBe('ready');
  });
});

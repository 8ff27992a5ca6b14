import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createStdioTransport } from '../../../src/main/connectors/stdio/stdio-transport.ts';
import { eventually } from '../../helpers/eventually.ts';
import { stdioProgram } from '../../helpers/stdio-program.ts';

const ping = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`;

describe('a stdio transport', () => {
  it('a stdio transport reads messages correctly, however their bytes are split', async () => {
    await using program = stdioProgram('talks-in-pieces');
    await program.transport.start();
    await eventually('both messages came', () => program.messages.length === 2);
    expect(program.messages[1]).toEqual({ jsonrpc: '2.0', method: 'told', params: { text: 'ä\u{1f600}' } });
  });

  it('a stdio transport gives a server only the necessary and the configured environment variables', async () => {
    process.env.SWITCHYARD_TEST_SECRET = 'not for children';
    try {
      await using program = stdioProgram('serves', { env: { OWN: 'configured' }, args: ['$HOME; exit 1', '`id`'] });
      await program.transport.start();
      await program.transport.send(ping);
      await eventually('it answered', () => program.messages.length === 1);
      const result = program.messages[0]?.result as Readonly<Record<string, unknown>>;
      expect(result).toMatchObject({ env: { OWN: 'configured', PATH: process.env.PATH } });
      expect(result.args).toEqual(['serves', '$HOME; exit 1', '`id`']);
      expect(JSON.stringify(result)).not.toContain('not for children');
    } finally {
      delete process.env.SWITCHYARD_TEST_SECRET;
    }
  });

  it('a stdio transport counts lines that are not JSON, and continues', async () => {
    await using program = stdioProgram('talks-junk');
    await program.transport.start();
    await program.transport.send(ping);
    await eventually('it answered', () => program.messages.length === 2);
    expect(program.transport.junkLines).toBe(2);
    expect(program.events).toEqual([]);
  });

  it('a stdio transport continues after its message handler has thrown', async () => {
    await using program = stdioProgram('serves');
    program.transport.onmessage = () => {
      throw new Error('handler');
    };
    await program.transport.start();
    await program.transport.send(ping);
    await eventually('the error was told', () => program.errors.length === 1);
    expect(program.errors[0]?.message).toBe('handler');
  });

  it('a stdio transport ends a server whose message is larger than the size limit', async () => {
    await using program = stdioProgram('talks-endlessly', { maxMessageBytes: 100_000 });
    await program.transport.start();
    await program.closed();
    expect(program.events).toEqual(['error', 'close']);
    expect(program.errors[0]).toMatchObject({ code: 'TOOL_RESULT_TOO_LARGE' });
    expect(program.transport.exit).not.toBeNull();
  });

  it('send() over stdio waits while the server does not read, and fails once the transport closes', async () => {
    await using program = stdioProgram('reads-nothing', { graceMs: 50 });
    await program.transport.start();
    let isSent = false;
    const sending = program.transport
      .send(`${JSON.stringify({ params: { text: 'x'.repeat(4_000_000) } })}\n`)
      .finally(() => {
        isSent = true;
      });
    sending.catch(() => {});
    // Waits long enough for a send() that does not wait for the server, which would resolve in this time.
    await sleep(100);
    expect(isSent).toBe(false);
    await program.transport.close();
    await expect(sending).rejects.toMatchObject({ code: 'CONNECTOR_GONE' });
  });

  it('a stdio transport keeps only the last lines of stderr, and no half line, however much the server writes', async () => {
    await using program = stdioProgram('complains');
    await program.transport.start();
    await eventually('it is through', () => program.messages.length === 1);
    await eventually('all is read', () => program.transport.stderr.endsWith('the last'));
    expect(program.transport.stderr.length).toBeLessThanOrEqual(8_192);
    expect(program.transport.stderr.length).toBeGreaterThan(7_000);
    expect(program.transport.stderr).toMatch(/^line \d+ x{90}\n/);
  });

  it('the error about a stdio server that exited shows its last stderr lines, but not its secrets', async () => {
    const secret = 'sk-012345678';
    await using program = stdioProgram('exits', { args: [`refused ${secret}`], env: { API_KEY: secret } });
    await program.transport.start();
    await program.closed();
    expect(program.events).toEqual(['error', 'close']);
    expect(program.errors[0]).toMatchObject({
      code: 'CONNECTOR_EXITED',
      message: expect.stringMatching(/^Connector process ".*" exited with code 3: fatal: refused \[redacted\]$/),
      detail: { code: 3, stderr: 'fatal: refused [redacted]' },
    });
    expect(program.transport.exit).toEqual({ code: 3, signal: null });
    await expect(program.transport.send(ping)).rejects.toMatchObject({ code: 'CONNECTOR_EXITED' });
    await program.transport.close();
    expect(program.events).toEqual(['error', 'close']);
  });

  it('a stdio transport delivers everything that its server wrote before it exited', async () => {
    await using program = stdioProgram('says-much-and-exits');
    await program.transport.start();
    await program.closed();
    expect(program.messages).toHaveLength(1_000);
    expect(program.errors[0]).toMatchObject({ code: 'CONNECTOR_EXITED', detail: { code: 0 } });
  });

  it('a send() over stdio that is in progress fails when the server exits', async () => {
    await using program = stdioProgram('exits-when-asked');
    await program.transport.start();
    await eventually('it is up', () => program.messages.length === 1);
    const large = `${JSON.stringify({ params: { text: 'x'.repeat(4_000_000) } })}\n`;
    await expect(program.transport.send(large)).rejects.toMatchObject({
      code: 'CONNECTOR_EXITED',
      message: expect.stringContaining('exited with code 3'),
    });
    await program.closed();
    expect(program.events).toEqual(['error', 'close']);
  });

  it('a stdio transport ends a server that has closed its stdout', async () => {
    await using program = stdioProgram('closes-its-output', { graceMs: 50 });
    await program.transport.start();
    await program.closed();
    expect(program.errors[0]).toMatchObject({ code: 'CONNECTOR_EXITED' });
  });

  it.each([
    ['is not found in PATH', { command: 'switchyard-no-such-command' }, /is not in PATH/],
    ['does not exist', { command: '/no/such/file' }, /file does not exist/],
    ['may not be executed', { command: import.meta.filename }, /is not executable/],
    [
      'has a missing working folder',
      { cwd: '/no/such/folder' },
      /its folder "\/no\/such\/folder" \(cwd\) does not exist/,
    ],
    ['has an impossible argument', { args: ['a\0secret'] }, /NUL/],
    ['has too many arguments', { args: ['x'.repeat(10_000_000)] }, /too long/],
  ])(
    'the error for a command of a stdio server that %s explains the reason, without the arguments',
    async (_, wrong, message) => {
      const command = { command: process.execPath, args: ['secret'], env: {}, cwd: null, ...wrong };
      const transport = createStdioTransport(command, { maxMessageBytes: 1_000 });
      const events: string[] = [];
      transport.onerror = () => events.push('error');
      transport.onclose = () => events.push('close');
      const failure = transport.start();
      await expect(failure).rejects.toMatchObject({ code: 'CONNECTOR_COMMAND_FAILED' });
      await expect(failure).rejects.toThrow(message);
      const seen = await failure.catch((error: unknown) => inspect(error, { depth: 9 }).replace(/^ +at .*$/gm, ''));
      expect(seen).not.toContain('secret');
      await expect(transport.send(ping)).rejects.toMatchObject({ code: 'CONNECTOR_COMMAND_FAILED' });
      expect(events).toEqual([]);
      await transport.close();
      expect(events).toEqual(['close']);
      expect(transport).toMatchObject({ pid: null, exit: null });
    },
  );

  it('a stdio transport cannot be started a second time, or after it was closed', async () => {
    await using program = stdioProgram('serves');
    await program.transport.start();
    await expect(program.transport.start()).rejects.toMatchObject({ code: 'INTERNAL' });
    const closed = stdioProgram('serves').transport;
    await closed.close();
    await expect(closed.start()).rejects.toMatchObject({ code: 'CONNECTOR_GONE' });
  });
});

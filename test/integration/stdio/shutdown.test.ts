import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { isAlive, stdioProgram } from '../../helpers/stdio-program.ts';

const ping = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`;

describe('a host that ends without closing its transport', () => {
  it.each([
    ['exits', 0],
    ['throws', 1],
  ])('the process group of a stdio server ends when its host %s without closing the transport', async (how, code) => {
    const script = new URL('../../fixtures/stdio/host.ts', import.meta.url).pathname;
    const host = spawn(process.execPath, [script, how], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    host.stdout.on('data', (data: Buffer) => {
      output += data;
    });
    const [exitCode] = await once(host, 'close');
    expect(exitCode).toBe(code);
    const pid = Number(output);
    expect(pid).toBeGreaterThan(1);
    await eventually('the group is gone', () => !isAlive(-pid));
  });
});

describe.skipIf(!existsSync('/proc/self'))('closing a stdio transport', () => {
  it('closing a stdio transport lets the server exit on its own, and leaves no zombie process', async () => {
    const program = stdioProgram('serves');
    await program.transport.start();
    const pid = program.transport.pid ?? -1;
    // The response shows that the server has started. Before that, it would not notice the end of its input.
    await program.transport.send(ping);
    await eventually('it serves', () => program.messages.length > 0);
    await Promise.all([program.transport.close(), program.transport.close()]);
    expect(program.transport.exit).toEqual({ code: 0, signal: null });
    expect(program.events).toEqual(['close']);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('closing a stdio transport kills a server that ignores the end of its input and SIGTERM', async () => {
    const program = stdioProgram('ignores-signals', { graceMs: 100 });
    await program.transport.start();
    const pid = await program.toldPid();
    await program.transport.close();
    expect(program.transport.exit).toEqual({ code: null, signal: 'SIGKILL' });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(program.errors).toEqual([]);
  });

  it('a child process of a stdio server is ended if it holds stdout open after the server has exited', async () => {
    const program = stdioProgram('leaves-a-grandchild');
    await program.transport.start();
    const grandchild = await program.toldPid();
    await program.transport.send(ping);
    await program.closed();
    await eventually('the grandchild is gone', () => !isAlive(grandchild));
    expect(program.transport.exit).toEqual({ code: 0, signal: null });
    expect(() => process.kill(-(program.transport.pid ?? 0), 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  });

  it('a stdio transport does not wait for a daemon that the server left in another process group with stdout open', async () => {
    const program = stdioProgram('leaves-a-daemon');
    await program.transport.start();
    const daemon = await program.toldPid();
    try {
      await program.transport.send(ping);
      await program.closed();
      await program.transport.close();
      expect(isAlive(daemon)).toBe(true);
    } finally {
      process.kill(daemon, 'SIGKILL');
    }
  });

  it('closing a stdio transport sends no signal to a server that has already exited', async () => {
    const program = stdioProgram('exits');
    await program.transport.start();
    await program.closed();
    const sent: unknown[] = [];
    const { kill } = process;
    process.kill = (...args) => {
      sent.push(args);
      return true;
    };
    try {
      await program.transport.close();
    } finally {
      process.kill = kill;
    }
    expect(sent).toEqual([]);
  });

  it('closing a stdio transport also works while the transport is starting', async () => {
    const program = stdioProgram('ignores-signals', { graceMs: 50 });
    const starting = program.transport.start();
    await program.transport.close();
    await starting;
    expect(isAlive(program.transport.pid ?? -1)).toBe(false);
    expect(program.events).toEqual(['close']);
  });

  it('all stdio transports share one listener for the end of this process, which exists only while a server runs', async () => {
    const before = process.listenerCount('exit');
    const programs = [stdioProgram('serves'), stdioProgram('serves')];
    await Promise.all(programs.map(({ transport }) => transport.start()));
    expect(process.listenerCount('exit')).toBe(before + 1);
    await Promise.all(programs.map(({ transport }) => transport.close()));
    expect(process.listenerCount('exit')).toBe(before);
  });
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkClock, checkDisk, checkNode, checkProxy } from '../../../../../src/main/cli/commands/doctor/checks.ts';
import { resolveNetwork } from '../../../../../src/main/options/network-options.ts';

const direct = resolveNetwork(undefined, false, {});
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Starts a server that sends the header `Date: <date>`, and returns its URL. */
async function dated(date: string): Promise<string> {
  const server = createServer((_, response) => {
    response.sendDate = false;
    if (date !== '') response.setHeader('date', date);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('doctor', () => {
  it('the doctor command reports the Node.js version and the platform', () => {
    expect(checkNode().message).toContain(`${process.version} on ${process.platform}`);
  });

  it('the doctor command does not show the credentials of a proxy', () => {
    const network = resolveNetwork(undefined, undefined, { HTTP_PROXY: 'http://me:pw@proxy.example:8080' });
    expect(checkProxy(network)).toEqual({
      check: 'proxy',
      outcome: 'note',
      message: 'for http http://proxy.example:8080, for https http://proxy.example:8080; NO_PROXY excludes no host',
    });
    expect(checkProxy(direct)).toMatchObject({ outcome: 'ok', message: 'no proxy is used: connections are direct' });
  });

  it('the doctor command names the hosts that NO_PROXY excludes from the proxy', () => {
    const network = resolveNetwork(undefined, undefined, { HTTP_PROXY: 'http://proxy.example', NO_PROXY: 'localhost' });
    expect(checkProxy(network).message).toContain('; NO_PROXY excludes localhost');
  });

  it('the doctor command shows the address of a SOCKS proxy', () => {
    const network = resolveNetwork(undefined, undefined, { HTTP_PROXY: 'socks5://me:pw@127.0.0.1:1080' });
    expect(checkProxy(network).message).toContain('for http socks5://127.0.0.1:1080,');
  });

  it('the doctor command reports a note, not a failure, if there is no state folder', async () => {
    expect(await checkDisk(undefined)).toMatchObject({ outcome: 'note' });
  });

  it.each([
    ['whose clock agrees', new Date().toUTCString(), 'ok', ''],
    ['whose clock is decades off', 'Thu, 01 Jan 1970 00:00:00 GMT', 'failed', 'Set the clock'],
    ['that sends no Date header', '', 'note', 'sends no Date header'],
  ])('the doctor command compares the clock of this machine with a server %s', async (_, date, outcome, message) => {
    expect(await checkClock(await dated(date), direct)).toMatchObject({
      outcome,
      message: expect.stringContaining(message),
    });
  });

  it('the doctor command reports a note, not a failure, if the server with the reference clock does not respond', async () => {
    expect(await checkClock('http://127.0.0.1:1/', direct)).toMatchObject({ outcome: 'note' });
  });
});

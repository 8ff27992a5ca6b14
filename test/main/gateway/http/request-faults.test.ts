import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { hostName, requestFault } from '../../../../src/main/gateway/http/request-faults.ts';

const request = (...rawHeaders: readonly string[]): IncomingMessage =>
  ({ rawHeaders, headers: { host: rawHeaders[1] } }) as unknown as IncomingMessage;

describe('requestFault', () => {
  it('the gateway accepts a header that occurs twice if its value may be a list', () => {
    expect(requestFault(request('Host', 'localhost:1', 'Accept', 'a', 'accept', 'b', 'Origin', 'http://x'))).toBeNull();
  });

  it.each(['host', 'Origin', 'AUTHORIZATION', 'content-type', 'Content-Length', 'transfer-encoding'])(
    'the gateway rejects a request in which the header %s occurs twice',
    (name) => {
      const first = name.toLowerCase() === 'host' ? [] : [name, 'a'];
      expect(requestFault(request('Host', 'localhost', ...first, name, 'localhost'))).toMatch(/occurs twice/);
    },
  );
});

describe('hostName', () => {
  it.each([
    ['LocalHost', 'localhost'],
    ['localhost:3737', 'localhost'],
    ['[::1]:80', '[::1]'],
    ['127.0.0.1:65535', '127.0.0.1'],
  ])('hostName() reads the Host header %s as the name %s', (host, name) => expect(hostName(host)).toBe(name));

  it.each([
    undefined,
    '',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:80:80',
    'a@localhost',
    'a:b@localhost',
    'localhost/x',
    'localhost?x',
    'localhost#x',
    'localhost\\x',
    'localhost,evil',
    'local host',
    '[::1',
  ])('hostName() rejects the Host header %j', (host) => expect(hostName(host)).toBeNull());
});

import { describe, expect, it } from 'vitest';
import { shownAddress, shownMessage, shownName } from '../../../../../src/main/gateway/status-page/model/shown-text.ts';
import { secret } from '../../../../helpers/evidence.ts';

describe('shown foreign text', () => {
  it('the status page replaces line breaks and direction characters in foreign text, and shortens the text', () => {
    expect(shownName('evil\u202etxt.exe\n\u0000')).toBe('evil\ufffdtxt.exe\ufffd\ufffd');
    expect(shownName('x'.repeat(10_000))).toHaveLength(301);
  });

  it('the status page shows only the origin and the path of a URL', () => {
    expect(shownAddress(`https://me:${secret('login')}@example.com:8443/mcp?token=${secret('query')}#x`)).toBe(
      'https://example.com:8443/mcp',
    );
    expect(shownAddress('stdio:notes')).toBeNull();
    expect(shownAddress('http://')).toBeNull();
  });

  it("the status page masks a part of a URL's path that looks like a key", () => {
    expect(shownAddress('https://example.com/hooks/T0A1B2C3D4E5F6a7b8c9d0e1f2/mcp')).toBe(
      'https://example.com/hooks/***masked***/mcp',
    );
  });

  it('the status page removes URL queries, credentials and tokens from a message', () => {
    const shown = shownMessage(
      `GET https://me:${secret('login')}@example.com/mcp?key=${secret('query')} said\n  Authorization: Bearer ${secret('token')}`,
    );
    expect(shown).toBe('GET https://example.com/mcp said Authorization: Bearer ***masked***');
  });

  it.each([
    [`status: 401, apiKey=${secret('a')}, then more`, 'status: 401, apiKey=***masked***, then more'],
    [`why: token "${secret('b')}" is old`, 'why: token "***masked***" is old'],
    [`x: Set-Cookie: sid=${secret('c')}; Path=/`, 'x: Set-Cookie: ***masked***; Path=/'],
    [
      'a bearer token is wanted, basic credentials were given',
      'a bearer token is wanted, basic credentials were given',
    ],
    ['MAP_TIMEOUT: no answer within 5000 ms', 'MAP_TIMEOUT: no answer within 5000 ms'],
  ])('the status page shows the message %j as: %j', (message, shown) => {
    expect(shownMessage(message)).toBe(shown);
  });

  it('the status page shortens a message of a million characters in less than a second', () => {
    const beganMs = performance.now();
    for (const part of ['a=', 'a.', 'token', 'a: ', 'bearer '])
      expect(shownMessage(`https://x ${part.repeat(1_000_000)}`).length).toBeLessThanOrEqual(301);
    expect(performance.now() - beganMs).toBeLessThan(1_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnusableAnswer } from '../../../../src/main/connectors/connection/failure.ts';
import { readEndpoint } from '../../../../src/main/connectors/sse/endpoint-address.ts';

const STREAM = new URL('https://mcp.test:8443/v1/sse?tenant=1');

describe('readEndpoint', () => {
  it.each([
    ['/messages', 'https://mcp.test:8443/messages', false],
    ['messages/', 'https://mcp.test:8443/v1/messages/', false],
    ['/messages?', 'https://mcp.test:8443/messages?', false],
    ['/messages?sessionId=1', 'https://mcp.test:8443/messages?sessionId=1', true],
    ['/s/0b6e7c1e-64f1-4d0f-a5f3-2f1c0de1a111', 'https://mcp.test:8443/s/0b6e7c1e-64f1-4d0f-a5f3-2f1c0de1a111', true],
    ['/a-long-but-plain-name/messages', 'https://mcp.test:8443/a-long-but-plain-name/messages', false],
    ['https://mcp.test:8443/m', 'https://mcp.test:8443/m', false],
    ['HTTPS://MCP.TEST:8443/m', 'https://mcp.test:8443/m', false],
  ])(
    'readEndpoint() resolves the SSE endpoint %s to %s and reports whether the URL contains a session id: %s',
    (data, href, namesSession) => {
      const address = readEndpoint(data, STREAM);
      expect([address.url.href, address.namesSession]).toEqual([href, namesSession]);
    },
  );

  it.each([
    'http://mcp.test:8443/m',
    'https://mcp.test/m',
    'https://user@other.test/m',
    '\\\\other.test\\m',
    'data:text/plain,x',
    'file:///etc/passwd',
    'https://[',
    'x'.repeat(8_193),
  ])(
    'readEndpoint() rejects an endpoint that is invalid or on another origin, and its error does not quote the value',
    (data) => {
      const read = (): unknown => readEndpoint(data, STREAM);
      expect(read).toThrow(UnusableAnswer);
      expect(read).toThrow(/^the message endpoint that it names is (?:not a valid URL|on another origin)$/);
    },
  );

  it('readEndpoint() returns no URL of another origin, for any input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string(), fc.webPath()), (data) => {
        try {
          expect(readEndpoint(data, STREAM).url.origin).toBe(STREAM.origin);
        } catch (error) {
          expect(error).toBeInstanceOf(UnusableAnswer);
        }
      }),
    );
  });
});

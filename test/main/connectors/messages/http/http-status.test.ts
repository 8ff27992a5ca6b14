import { describe, expect, it } from 'vitest';
import { describeRefusal, type HttpRefusal } from '../../../../../src/main/connectors/connection/http-refusal.ts';
import { type HttpAsked, judgeAnswer } from '../../../../../src/main/connectors/messages/http/http-status.ts';

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const CALL: HttpAsked = { step: 'tools/call', id: 7, hasSession: true };
const STATELESS: HttpAsked = { ...CALL, hasSession: false };
const error = (id: unknown, code: number, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
const judge = (asked: HttpAsked, status: number, body = '', headers: Record<string, string> = JSON_TYPE) =>
  judgeAnswer(asked, { status, headers, body, hint: null }, Date.UTC(2026, 0, 1));
const STATUSES = Array.from({ length: 400 }, (_, index) => 200 + index);

describe('judgeAnswer', () => {
  it.each([
    ['a result with the id of the request', JSON.stringify({ jsonrpc: '2.0', id: 7, result: {} })],
    ['an error with the id of the request', error(7, -32_602, 'bad argument')],
    ['a session error with the id of the request', error(7, -32_001, 'Session not found')],
    ['a result with the id of the request as a string', JSON.stringify({ jsonrpc: '2.0', id: '7', result: {} })],
    ['a batch that contains the id of the request', `[${error(6, 1, 'other')},${error(7, -32_602, 'bad')}]`],
  ])('judgeAnswer() accepts %s as the response to the request, whatever the HTTP status is', (_, body) => {
    for (const status of STATUSES) expect(judge(CALL, status, body).kind).toBe('answered');
  });

  it('judgeAnswer() finds the response to a request in an event stream', () => {
    const body = `event: message\ndata: ${error(7, -32_602, 'bad')}\n\n`;
    expect(judge(CALL, 400, body, { 'content-type': 'text/event-stream' }).kind).toBe('answered');
  });

  it('judgeAnswer() ignores a request, a malformed response, and the response to another request', () => {
    for (const body of [
      error(8, -32_602, 'bad'),
      JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping' }),
      JSON.stringify({ jsonrpc: '2.0', id: 7, result: 'text' }),
    ])
      expect(judge(CALL, 500, body).kind).toBe('may-have-run');
  });

  const lost = error(null, -32_000, 'Bad Request: No valid session ID provided');

  it('judgeAnswer() returns a verdict with `sent: "no"` only if the status is 400 or 404 and the session was lost', () => {
    const bodies = ['', 'Session not found', lost, error(null, -32_602, 'bad'), error('server-error', -32_600, 'no')];
    const sure = new Set<string>();
    for (const asked of [CALL, STATELESS]) {
      for (const status of STATUSES) {
        for (const body of bodies) {
          const verdict = judge(asked, status, body);
          if (verdict.kind !== 'answered' && verdict.sent === 'no')
            sure.add(`${status} ${asked.hasSession} ${verdict.kind}`);
        }
      }
    }
    expect([...sure].sort()).toEqual(['400 false session-lost', '400 true session-lost', '404 true session-lost']);
    expect(judge(CALL, 400, error(null, -32_602, 'Session not found'))).toMatchObject({ sent: 'maybe' });
    expect(judge(CALL, 400, error(null, -32_000, 'bad argument'))).toMatchObject({ kind: 'refused', sent: 'maybe' });
  });

  it.each([
    [
      'the status 400 with a session error in plain text as a lost session',
      CALL,
      400,
      'Invalid or missing session ID',
      'session-lost',
    ],
    [
      'a session error with an unknown id as a lost session',
      CALL,
      400,
      error('server-error', -32_600, 'Session not found'),
      'session-lost',
    ],
    ['the status 410 within a session as a lost session', CALL, 410, '', 'session-lost'],
    [
      'the status 500 with a session error as a lost session',
      CALL,
      500,
      error(null, -32_000, 'No valid session ID provided'),
      'session-lost',
    ],
    ['the status 404 without a session as a refusal', STATELESS, 404, '', 'refused'],
    ['the status 400 without a body as a refusal', CALL, 400, '', 'refused'],
    [
      'the status 400 with a session error but without a session as a refusal',
      STATELESS,
      400,
      'Session not found',
      'refused',
    ],
    ['the status 401 as a refusal', CALL, 401, 'Session not found', 'refused'],
    ['the status 403 as a refusal', CALL, 403, 'Session not found', 'refused'],
    ['the status 302 as a refusal', CALL, 302, '', 'refused'],
    ['the status 429 as a request to retry later', CALL, 429, 'Session not found', 'retry-after'],
    ['the status 500 as a request that may have run', CALL, 500, '', 'may-have-run'],
    [
      'the status 200 without a response as a request that may have run',
      CALL,
      200,
      'Session not found',
      'may-have-run',
    ],
  ] as const)('judgeAnswer() treats %s', (_, asked, status, body, kind) => {
    expect(judge(asked, status, body)).toMatchObject({ kind, sent: 'maybe' });
  });

  it('judgeAnswer() reads Retry-After as seconds or as a date, and limits the delay to five minutes', () => {
    const wait = (value: string): HttpRefusal => judge(CALL, 503, '', { 'retry-after': value }) as HttpRefusal;
    expect(wait('30')).toMatchObject({ kind: 'retry-after', retryAfterMs: 30_000 });
    expect(wait('Thu, 01 Jan 2026 00:00:10 GMT')).toMatchObject({ retryAfterMs: 10_000 });
    expect(wait('86400').retryAfterMs).toBe(300_000);
    expect(wait('soon')).toMatchObject({ kind: 'may-have-run', retryAfterMs: null });
  });

  it('judgeAnswer() recognizes whether the server supports a modern protocol version', () => {
    const supported = (status: number, data: unknown): boolean => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_022, message: '', data } });
      return (judge({ ...CALL, step: 'initialize' }, status, body) as HttpRefusal).namesModern;
    };
    expect(supported(400, { supported: ['2026-07-28'] })).toBe(true);
    expect(supported(422, { supported: ['2026-07-28'] })).toBe(true);
    expect(supported(400, { supported: ['2025-11-25'] })).toBe(false);
    expect(judge({ ...CALL, step: 'initialize' }, 400, 'use 2026-07-28')).toMatchObject({ namesModern: true });
    expect(judge({ ...CALL, step: 'initialize' }, 404, 'use 2026-07-28')).toMatchObject({ namesModern: false });
  });
});

describe('describeRefusal', () => {
  it('describeRefusal() shows the step, the status, the content type and the error code, but no text of the body', () => {
    const text = (status: number, body: string, headers: Record<string, string>): string =>
      describeRefusal(judge(CALL, status, body, headers) as HttpRefusal);
    expect(text(500, 'Bearer secret', { 'content-type': 'text/html; charset=x' })).toBe(
      'tools/call was answered with HTTP 500 (text/html)',
    );
    expect(text(400, error(null, -32_700, 'secret'), JSON_TYPE)).toBe(
      'tools/call was answered with HTTP 400 (application/json, JSON-RPC error -32700)',
    );
    expect(text(502, '', { 'content-type': '<script>' })).toBe(
      'tools/call was answered with HTTP 502 (no content type)',
    );
  });
});

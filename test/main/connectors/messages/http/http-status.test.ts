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
    ['a result', JSON.stringify({ jsonrpc: '2.0', id: 7, result: {} })],
    ['an error', error(7, -32_602, 'bad argument')],
    ['an error that reports a lost session', error(7, -32_001, 'Session not found')],
    ['a result whose id is a string', JSON.stringify({ jsonrpc: '2.0', id: '7', result: {} })],
    ['a batch', `[${error(6, 1, 'other')},${error(7, -32_602, 'bad')}]`],
  ])('judgeAnswer() accepts %s with the id of the request as its response, whatever the status', (_, body) => {
    for (const status of STATUSES) expect(judge(CALL, status, body).kind).toBe('answered');
  });

  it('judgeAnswer() finds the response in an event stream', () => {
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

  it('judgeAnswer() reports only for two responses that the request definitely did not run', () => {
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
    ['400 with the session message as text', CALL, 400, 'Invalid or missing session ID', 'session-lost'],
    [
      'an error with an id that was never used',
      CALL,
      400,
      error('server-error', -32_600, 'Session not found'),
      'session-lost',
    ],
    ['410', CALL, 410, '', 'session-lost'],
    ['500 with the session message', CALL, 500, error(null, -32_000, 'No valid session ID provided'), 'session-lost'],
    ['404 without a session', STATELESS, 404, '', 'refused'],
    ['400 without a body', CALL, 400, '', 'refused'],
    ['400 with the session message but no session', STATELESS, 400, 'Session not found', 'refused'],
    ['401', CALL, 401, 'Session not found', 'refused'],
    ['403', CALL, 403, 'Session not found', 'refused'],
    ['302', CALL, 302, '', 'refused'],
    ['429', CALL, 429, 'Session not found', 'retry-after'],
    ['500', CALL, 500, '', 'may-have-run'],
    ['200 without an answer', CALL, 200, 'Session not found', 'may-have-run'],
  ] as const)('judgeAnswer() judges %s', (_, asked, status, body, kind) => {
    expect(judge(asked, status, body)).toMatchObject({ kind, sent: 'maybe' });
  });

  it('judgeAnswer() reads Retry-After as seconds and as a date, and limits the delay', () => {
    const wait = (value: string): HttpRefusal => judge(CALL, 503, '', { 'retry-after': value }) as HttpRefusal;
    expect(wait('30')).toMatchObject({ kind: 'retry-after', retryAfterMs: 30_000 });
    expect(wait('Thu, 01 Jan 2026 00:00:10 GMT')).toMatchObject({ retryAfterMs: 10_000 });
    expect(wait('86400').retryAfterMs).toBe(300_000);
    expect(wait('soon')).toMatchObject({ kind: 'may-have-run', retryAfterMs: null });
  });

  it('judgeAnswer() recognizes whether the server supports a modern version', () => {
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
  it('describeRefusal() names the step, the status and the content type, but nothing of the body', () => {
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

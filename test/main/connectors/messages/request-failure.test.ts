import { describe, expect, it } from 'vitest';
import {
  ClosedConnection,
  SseServerAnswered,
  UnusableAnswer,
} from '../../../../src/main/connectors/connection/failure.ts';
import { StatusError } from '../../../../src/main/connectors/connection/http-refusal.ts';
import { judgeAnswer } from '../../../../src/main/connectors/messages/http/http-status.ts';
import { withinSession } from '../../../../src/main/connectors/messages/http/session-loss.ts';
import { laterFailure, requestFailure } from '../../../../src/main/connectors/messages/request-failure.ts';
import { RpcError } from '../../../../src/main/mcp/json-rpc.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

const refused = (status: number): StatusError => {
  const asked = { step: 'tools/call', id: 1, hasSession: true };
  const verdict = judgeAnswer(asked, { status, headers: {}, body: '', hint: null });
  if (verdict.kind === 'answered') throw new Error('It is an answer');
  return new StatusError(verdict);
};
const lost = withinSession(new RpcError(-32_001, 'Session not found')) as Error;

describe('requestFailure', () => {
  it.each([
    ['an error response of the server', new RpcError(-32_602, 'bad'), { kind: 'rpc', code: -32_602, reason: 'bad' }],
    ['rejected credentials', refused(401), { kind: 'refused', status: 401 }],
    ['a lost session', refused(404), { kind: 'status', refusal: { kind: 'session-lost', sent: 'no' } }],
    ['a response that reports a lost session', lost, { kind: 'rpc', code: -32_001, isSessionLost: true }],
    ['a legacy SSE server', new SseServerAnswered(), { kind: 'unusable', isSse: true }],
    ['a response that is not MCP', new UnusableAnswer('it is odd'), { kind: 'unusable', reason: 'it is odd' }],
    ['a response that is too large', new SwitchyardError('TOOL_RESULT_TOO_LARGE', 'cut'), { kind: 'too-large' }],
    ['a closed connection', new ClosedConnection(), { kind: 'network', isUnsent: true }],
    [
      'arguments that are not serializable as JSON',
      new TypeError('a cycle'),
      { kind: 'unsendable', reason: 'a cycle' },
    ],
    ['an unknown error', new Error('reset'), { kind: 'network', isUnsent: false, reason: 'reset' }],
  ])('requestFailure() returns the kind and details of %s', (_, error, failure) => {
    expect(requestFailure(error)).toMatchObject(failure);
  });
});

describe('laterFailure', () => {
  it('laterFailure() never reports a call as unsent, because the first request of the call was sent', () => {
    expect(laterFailure(new ClosedConnection())).toMatchObject({ kind: 'network', isUnsent: false });
    expect(laterFailure(refused(404))).toMatchObject({ refusal: { kind: 'session-lost', sent: 'maybe' } });
  });

  it('laterFailure() describes server errors and JSON-RPC errors in the same way as requestFailure()', () => {
    expect(laterFailure(refused(500))).toMatchObject({ kind: 'status', refusal: { status: 500 } });
    expect(laterFailure(new RpcError(1, 'no'))).toMatchObject({ kind: 'rpc', code: 1 });
  });
});

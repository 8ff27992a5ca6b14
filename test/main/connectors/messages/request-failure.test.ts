import { describe, expect, it } from 'vitest';
import { ClosedConnection, StatusError, UnusableAnswer } from '../../../../src/main/connectors/connection/failure.ts';
import { laterFailure, requestFailure } from '../../../../src/main/connectors/messages/request-failure.ts';
import { RpcError } from '../../../../src/main/mcp/json-rpc.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

describe('requestFailure', () => {
  it.each([
    ['an error that the server answered', new RpcError(-32_602, 'bad'), { kind: 'rpc', code: -32_602, reason: 'bad' }],
    ['refused credentials', new StatusError(401, ''), { kind: 'refused', status: 401 }],
    ['a lost session', new StatusError(404, ''), { kind: 'status', status: 404, isSessionLost: true }],
    ['an answer that is no MCP', new UnusableAnswer('it is odd'), { kind: 'unusable', reason: 'it is odd' }],
    ['an answer that is too large', new SwitchyardError('TOOL_RESULT_TOO_LARGE', 'cut'), { kind: 'too-large' }],
    ['a closed connection', new ClosedConnection(), { kind: 'network', isUnsent: true }],
    ['arguments without a JSON form', new TypeError('a cycle'), { kind: 'unsendable', reason: 'a cycle' }],
    ['any other error', new Error('reset'), { kind: 'network', isUnsent: false, reason: 'reset' }],
  ])('tells %s', (_, error, failure) => {
    expect(requestFailure(error)).toMatchObject(failure);
  });
});

describe('laterFailure', () => {
  it('never says that the call was not sent, since its first round was', () => {
    expect(laterFailure(new ClosedConnection())).toMatchObject({ kind: 'network', isUnsent: false });
    expect(laterFailure(new StatusError(404, ''))).toMatchObject({ kind: 'network', isUnsent: false });
  });

  it('tells everything else as requestFailure does', () => {
    expect(laterFailure(new StatusError(500, ''))).toMatchObject({ kind: 'status', status: 500 });
    expect(laterFailure(new RpcError(1, 'no'))).toMatchObject({ kind: 'rpc', code: 1 });
  });
});

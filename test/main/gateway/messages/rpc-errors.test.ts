import { describe, expect, it } from 'vitest';
import { resourceNotFound, toRpcError, UnknownMethod } from '../../../../src/main/gateway/messages/rpc-errors.ts';
import { RpcError } from '../../../../src/main/mcp/json-rpc.ts';
import { ERROR_CODES, type ErrorCode } from '../../../../src/shared/error-codes.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

describe('toRpcError', () => {
  const rejected = (cause: unknown) => new SwitchyardError('TOOL_CALL_REJECTED', 'x', { cause });

  it('the gateway passes on the JSON-RPC error of a connector', () => {
    const own = new RpcError(-5, 'own', { a: 1 });
    expect(toRpcError(rejected(own), 'legacy')).toBe(own);
    const sdk = Object.assign(new Error('sdk'), { code: -6, data: 1 });
    expect(toRpcError(rejected(sdk), 'legacy')).toMatchObject({ code: -6, data: 1 });
  });

  it('the gateway changes the error code of a missing resource for modern clients, but not for legacy clients', () => {
    expect(toRpcError(new RpcError(-32_002, 'gone'), 'modern')).toMatchObject({ code: -32_602 });
    expect(toRpcError(new RpcError(-32_002, 'gone'), 'legacy')).toMatchObject({ code: -32_002 });
  });

  it('the gateway sends the code and the remedy of a SwitchyardError to the client', () => {
    expect(toRpcError(new SwitchyardError('QUOTA_EXCEEDED', 'too often'), 'legacy')).toMatchObject({
      code: -32_603,
      data: { code: 'QUOTA_EXCEEDED', remedy: expect.any(String) },
    });
    expect(toRpcError(new SwitchyardError('TOOL_UNKNOWN', 'no tool'), 'legacy')).toMatchObject({ code: -32_602 });
    expect(toRpcError(rejected(new Error('no code')), 'legacy')).toMatchObject({ code: -32_603 });
  });

  it('an error for a client mentions no commands, options or functions, because a client cannot act on them', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { data } = toRpcError(new SwitchyardError(code, 'x'), 'modern');
      expect(JSON.stringify(data)).not.toMatch(/\(\)|mcp-switchyard|--\w|stateDir|serviceMapUrl/);
    }
    expect(toRpcError(new SwitchyardError('MAP_EXPIRED', 'x'), 'modern').data).toEqual({ code: 'MAP_EXPIRED' });
  });

  it('an error for a client reveals nothing about an unexpected failure', () => {
    expect(toRpcError(new Error('a secret path'), 'legacy').message).not.toContain('secret');
  });
});

describe('resourceNotFound', () => {
  it('resourceNotFound() uses the error code of the protocol generation, and adds the URI to the error data', () => {
    expect(resourceNotFound('x://y', 'legacy')).toMatchObject({ code: -32_002, data: { uri: 'x://y' } });
    expect(resourceNotFound('x://y', 'modern')).toMatchObject({ code: -32_602, data: { uri: 'x://y' } });
  });
});

describe('UnknownMethod', () => {
  it('the error for an unknown method shortens a long method name', () => {
    expect(new UnknownMethod('x'.repeat(1_000)).message.length).toBeLessThan(200);
  });
});

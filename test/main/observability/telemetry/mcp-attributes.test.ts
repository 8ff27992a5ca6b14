import { expect, it, describe as suite } from 'vitest';
import { RpcError } from '../../../../src/main/mcp/json-rpc.ts';
import {
  describe,
  faultAttributes,
  faultOf,
  faultOfResult,
  requestAttributes,
  subjectOf,
  transportAttributes,
} from '../../../../src/main/observability/telemetry/mcp-attributes.ts';
import { SwitchyardError } from '../../../../src/shared/errors.ts';

suite('describe', () => {
  it.each([
    ['tools/call', 'echo', 'tools/call echo', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'echo' }],
    ['tools/call', null, 'tools/call', { 'gen_ai.operation.name': 'execute_tool' }],
    ['prompts/get', 'greet', 'prompts/get greet', { 'gen_ai.prompt.name': 'greet' }],
    ['tools/list', null, 'tools/list', {}],
  ])('the trace span of the method %s with the subject %s gets the name %s', (method, subject, name, more) => {
    const expected = { name, attributes: { 'mcp.method.name': method, ...more }, detail: {} };
    expect(describe(method, {}, subject)).toEqual(expected);
  });

  it('the name of a trace span does not contain an unknown method', () => {
    expect(describe('secret/method', {}, null)).toMatchObject({
      name: '_OTHER',
      attributes: { 'mcp.method.name': '_OTHER' },
    });
  });

  it.each([
    ['postgres://alice:pw@db.example/orders?token=t#part', 'postgres://db.example/orders'],
    ['file:///home/user/report.pdf', 'file:///home/user/report.pdf'],
    ['urn:isbn:1', 'urn:isbn:1'],
    ['data:text/plain,secret', undefined],
    ['no uri', undefined],
    [7, undefined],
  ])('the telemetry shows the URI %s as %s', (uri, shown) => {
    expect(describe('resources/read', { uri }, null).detail['mcp.resource.uri']).toBe(shown);
  });

  it('the telemetry shows no URI for a method without a resource', () => {
    expect(describe('tools/call', { uri: 'file:///x' }, null).detail).toEqual({});
  });
});

suite('subjectOf', () => {
  it.each([
    ['tools/call', { name: 'a' }, 'a'],
    ['prompts/get', { name: 'a' }, 'a'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'a' } }, 'a'],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'x:y' } }, null],
    ['completion/complete', { ref: null }, null],
    ['tools/call', { name: 7 }, null],
    ['tools/list', { name: 'a' }, null],
  ])('for the request %s with the parameters %j, the telemetry shows the subject %s', (method, params, subject) => {
    expect(subjectOf(method, params)).toBe(subject);
  });
});

suite('faultOf', () => {
  it.each([
    [new RpcError(-32_602, 'secret'), { type: '-32602', rpcCode: -32_602 }],
    [
      new SwitchyardError('TOOL_CALL_REJECTED', 'secret', { detail: { rpcCode: -32_000 } }),
      { type: '-32000', rpcCode: -32_000, description: 'TOOL_CALL_REJECTED' },
    ],
    [
      new SwitchyardError('CONNECTOR_REFUSED', 'secret', { detail: { status: 401 } }),
      { type: '401', rpcCode: null, description: 'CONNECTOR_REFUSED' },
    ],
    [new SwitchyardError('TOOL_CALL_TIMEOUT', 'secret'), { type: 'TOOL_CALL_TIMEOUT', rpcCode: null }],
    [Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }), { type: 'ECONNREFUSED', rpcCode: null }],
    [Object.assign(new Error('secret'), { status: 503 }), { type: '503', rpcCode: null }],
    [new Error('secret', { cause: Object.assign(new Error(), { code: 'EPIPE' }) }), { type: 'EPIPE', rpcCode: null }],
    [new TypeError('secret'), { type: 'TypeError', rpcCode: null }],
    ['secret', { type: '_OTHER', rpcCode: null }],
  ])('the telemetry classifies the error %s without its message', (error, fault) => {
    expect(faultOf(error)).toEqual(fault);
  });

  it('histograms of the telemetry contain `_OTHER` in place of an error code that a server invented', () => {
    const fault = faultOf(new RpcError(123_456, 'x'));
    const all = (type: string) => ({ 'error.type': type, 'rpc.response.status_code': type });
    expect(faultAttributes(fault, false)).toEqual(all('123456'));
    expect(faultAttributes(fault, true)).toEqual(all('_OTHER'));
    expect(faultAttributes(faultOf(new RpcError(-32_601, 'x')), true)).toEqual(all('-32601'));
  });

  it('the telemetry treats a result with `isError` as a failure only for tools', () => {
    expect(faultOfResult('tools/call', { isError: true })).toEqual({ type: 'tool_error', rpcCode: null });
    for (const [method, result] of [
      ['tools/call', { isError: 1 }] as const,
      ['prompts/get', { isError: true }] as const,
    ])
      expect(faultOfResult(method, result)).toBeNull();
  });
});

suite('request attributes', () => {
  it.each([
    ['http://[::1]:8080/mcp', { 'server.address': '::1', 'server.port': 8080 }],
    ['https://user:pw@mcp.example/x?key=1', { 'server.address': 'mcp.example', 'server.port': 443 }],
    ['http://mcp.example', { 'server.address': 'mcp.example', 'server.port': 80 }],
  ])('the telemetry contains the address and the port of the server at %s', (url, address) => {
    const expected = { 'network.transport': 'tcp', 'network.protocol.name': 'http', ...address };
    expect(transportAttributes('http', new URL(url))).toEqual(expected);
  });

  it('the telemetry has no session id for a protocol version without sessions, and shortens a long request id', () => {
    expect(requestAttributes(7, 's', '2025-11-25')).toEqual({ 'jsonrpc.request.id': '7', 'mcp.session.id': 's' });
    expect(requestAttributes('i'.repeat(500), 's', '2026-07-28')).toEqual({ 'jsonrpc.request.id': 'i'.repeat(128) });
    expect(requestAttributes(undefined, null, null)).toEqual({});
  });
});

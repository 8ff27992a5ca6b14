import { expect, it } from 'vitest';
import { storableServer } from '../../../src/main/registry/storable-server.ts';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';

const server = (more: object): ServerInfo => ({ name: 'a', transport: 'stdio', command: 'c', ...more });

it('storableServer() copies a server, so that later changes by the caller do not reach the store', () => {
  const given = server({ args: ['one'], extra: { deep: [1] } });
  const copy = storableServer(given);
  (given.args as string[]).push('two');
  expect(copy).toEqual(server({ args: ['one'], extra: { deep: [1] } }));
});

it('storableServer() omits members without a value', () => {
  expect(Object.keys(storableServer(server({ env: undefined })))).not.toContain('env');
});

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

it.each([
  ['a member that is a function', server({ extra: () => {} }), 'extra: JSON cannot represent a function'],
  ['a member that is a symbol', server({ extra: Symbol('x') }), 'extra: JSON cannot represent a symbol'],
  ['a number that is infinite', server({ extra: Number.POSITIVE_INFINITY }), 'extra: JSON cannot represent Infinity'],
  ['a cycle', server({ extra: cycle }), '"a" is not a valid server for the registry'],
  ['a big integer', server({ extra: 1n }), '"a" is not a valid server for the registry'],
  ['an unknown transport', server({ transport: 'pigeon' }), 'transport: '],
  ['a nameless server', { transport: 'stdio' } as ServerInfo, 'This is not a valid server for the registry: name: '],
  ['a value that is not an object', null as unknown as ServerInfo, 'This is not a valid server for the registry: '],
])('storableServer() rejects %s', (_, given, message) => {
  expect(() => storableServer(given)).toThrow(
    expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
  );
});

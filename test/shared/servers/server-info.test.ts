import { describe, expect, it } from 'vitest';
import { serverInfoFault } from '../../../src/shared/servers/server-info.ts';

const server = (more: object) => ({ name: 'a', transport: 'stdio', command: 'c', ...more });

/** Returns arrays that are nested to this depth. */
const nested = (depth: number): unknown => (depth === 0 ? 'x' : [nested(depth - 1)]);

describe('registry server', () => {
  it('a registry server may have additional fields with any names', () => {
    expect(serverInfoFault(server({ 'x-\u{1f600}': { deep: ['\u{1f600}', 1, null, true] } }))).toBeNull();
    expect(serverInfoFault(server({ x: nested(30) }))).toBeNull();
  });

  it.each([
    ['a name', server({ name: 'a\ud800' }), 'name'],
    ['an argument', server({ args: ['fine', 'x\udc00y'] }), 'args[1]'],
    ['a variable', server({ env: { 'A\ud800': '1' } }), 'env'],
    ['an additional field', server({ x: { y: [{ z: '\ud83d' }] } }), 'x.y[0].z'],
  ])(
    'a registry server is rejected if %s has a lone surrogate, which would be stored as another character',
    (_, value, place) => {
      expect(serverInfoFault(value)).toBe(`${place}: contains a lone surrogate (half a character)`);
    },
  );

  it('a registry server is rejected if it nests so deeply that it would overflow the stack', () => {
    expect(serverInfoFault(server({ x: nested(100) }))).toMatch(/nested too deep/);
    expect(serverInfoFault(server({ x: nested(5_000) }))).toMatch(/nested too deep/);
  });
});

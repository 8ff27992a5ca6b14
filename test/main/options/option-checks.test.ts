import { describe, expect, it } from 'vitest';
import { checkOptions } from '../../../src/main/options/option-checks.ts';

const source = (id: string) => ({ id, url: 'http://maps.test/', signatureKey: 'k' });

describe('checkOptions', () => {
  it('if no option provides connectors, the error of checkOptions() names every option that can', () => {
    for (const way of ['configFile', 'serviceMapUrl', 'sources', 'serverRegistry', 'givenServers'])
      expect(() => checkOptions({})).toThrow(way);
  });

  it('checkOptions() requires a map, unless connectors come from another source', () => {
    expect(() => checkOptions({})).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', detail: { option: 'serviceMapUrl' } }),
    );
    for (const options of [{ configFile: 'x' }, { serverRegistry: true }, { sources: [source('a')] }])
      expect(checkOptions(options)).toMatchObject({ offload: 'auto', pinTools: 'warn', allowPrivateEndpoints: true });
  });

  it.each<[string, object]>([
    ['sources', { sources: [] }],
    ['sources', { sources: [source('a'), source('a')] }],
    ['sources', { sources: [source('default')] }],
    ['sources[1].id', { sources: [source('a'), source('.b')] }],
    ['sources[0].url', { sources: [{ ...source('a'), url: 'http://user:secret@maps.test/' }] }],
    ['allowPrivateEndpoints', { configFile: 'x', allowPrivateEndpoints: false, agent: { dispatch: () => true } }],
    ['allowPrivateEndpoints', { configFile: 'x', allowPrivateEndpoints: false, createProxy: () => ({}) }],
  ])('checkOptions() rejects options with an invalid %s: %j', (option, options) => {
    expect(() => checkOptions(options)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', detail: { option } }),
    );
  });
});

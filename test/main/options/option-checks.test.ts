import { describe, expect, it } from 'vitest';
import { checkOptions, warnOfIgnored } from '../../../src/main/options/option-checks.ts';
import { recordingLogger } from '../../helpers/log.ts';

const source = (id: string) => ({ id, url: 'http://maps.test/', signatureKey: 'k' });

describe('checkOptions', () => {
  it('requires a map, unless connectors come from another source', () => {
    expect(() => checkOptions({})).toThrow(expect.objectContaining({ detail: { option: 'serviceMapUrl' } }));
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
  ])('rejects options with an invalid %s: %j', (option, options) => {
    expect(() => checkOptions(options)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', detail: { option } }),
    );
  });
});

describe('warnOfIgnored', () => {
  const warnings = (options: object) => {
    const logger = recordingLogger();
    warnOfIgnored(options, logger);
    return logger.lines.map(({ fields }) => [fields.event, fields.options]);
  };

  it('names all unknown options that are set in one line', () => {
    expect(warnings({ configFile: 'x', colour: 1, size: 2, unset: undefined })).toEqual([
      ['options-unknown', ['colour', 'size']],
    ]);
  });

  it('names the network options that an agent overrides', () => {
    expect(warnings({ agent: {}, tls: {}, proxy: false })).toEqual([['options-overruled', ['tls', 'proxy']]]);
    expect(warnings({ tls: {}, proxy: false })).toEqual([]);
  });
});

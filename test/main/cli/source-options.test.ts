import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { milliseconds, requiredVariable, wholeNumber } from '../../../src/main/cli/flags/option-values.ts';
import { managerOptions, type SourceOptions } from '../../../src/main/cli/source-options.ts';
import { withSource } from '../../../src/main/cli/with-source.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const before = process.env;
let stateHome: TempDir;
beforeEach(() => {
  stateHome = new TempDir();
  process.env = { CONNECTORS_SIGNATURE_KEY: 'key-of-the-map', XDG_STATE_HOME: stateHome.path };
});
afterEach(() => {
  process.env = before;
  stateHome[Symbol.dispose]();
});

/** Returns the source options that the CLI parses from these arguments. */
function parsed(...args: string[]): SourceOptions {
  return withSource(new Command().exitOverride()).parse(args, { from: 'user' }).opts();
}

describe('manager options', () => {
  it('managerOptions() returns the URL, the signature key and the access token of the service map', () => {
    process.env.MAP_TOKEN = 'token-of-the-map';
    const options = managerOptions(parsed('--service-map', 'https://m.example/', '--map-key-env', 'MAP_TOKEN'));
    expect(options).toMatchObject({
      serviceMapUrl: 'https://m.example/',
      signatureKey: ['key-of-the-map'],
      apiKey: 'token-of-the-map',
      timeoutMs: 5_000,
      pinTools: 'warn',
    });
  });

  it('managerOptions() reads the URL of the service map from `CONNECTORS_SERVICE_MAP_URL`', () => {
    process.env.CONNECTORS_SERVICE_MAP_URL = 'https://m.example/';
    expect(managerOptions(parsed())).toMatchObject({ serviceMapUrl: 'https://m.example/' });
  });

  it('managerOptions() returns the values of `--client-metadata-url` and `--allow-env`', () => {
    const flags = ['--client-metadata-url', 'https://me.example/client.json', '--allow-env', 'A', '--allow-env', 'B'];
    expect(managerOptions(parsed('--config', 'a.json', ...flags))).toMatchObject({
      clientMetadataUrl: 'https://me.example/client.json',
      allowEnv: ['A', 'B'],
    });
  });

  it('managerOptions() requires no service map and no key if there is a local file or a registry', () => {
    process.env = { XDG_STATE_HOME: stateHome.path };
    expect(managerOptions(parsed('--config', 'a.json'))).toMatchObject({ configFile: 'a.json' });
    expect(managerOptions(parsed('--registry'))).toMatchObject({ serverRegistry: true });
    expect(managerOptions(parsed('--registry-path', 'b.json'))).toMatchObject({ serverRegistry: { path: 'b.json' } });
  });

  it('managerOptions() returns the file of `--config` after the discovered files, so that it takes precedence', () => {
    const found = { foundFiles: ['b.json'], configDigests: { 'b.json': 'digest' } };
    expect(managerOptions({ ...parsed('--config', 'a.json'), ...found })).toMatchObject({
      configFile: ['b.json', 'a.json'],
      configDigests: found.configDigests,
    });
    process.env = { XDG_STATE_HOME: stateHome.path };
    expect(managerOptions({ ...parsed(), ...found })).toMatchObject({ configFile: 'b.json' });
  });

  it.each([
    ['a command line without sources', [], 'There is nothing to connect'],
    [
      'a key variable that is not set',
      ['--service-map', 'https://m.example/', '--key-env', 'NONE'],
      'The variable NONE',
    ],
    [
      'a CA file that does not exist',
      ['--config', 'a.json', '--ca', '/no/ca.pem'],
      'the file /no/ca.pem of --ca (ENOENT)',
    ],
  ])('managerOptions() rejects %s', (_, args, message) => {
    expect(() => managerOptions(parsed(...args))).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(message) }),
    );
  });
});

describe('option values', () => {
  it('numeric option values must be above 0', () => {
    expect([milliseconds('1.5'), wholeNumber('3')]).toEqual([1.5, 3]);
    for (const text of ['0', '-1', 'x', '2147483648', 'Infinity']) expect(() => milliseconds(text)).toThrow('above 0');
    for (const text of ['0', '1.5', 'x']) expect(() => wholeNumber(text)).toThrow('whole number above 0');
  });

  it('an option that names an environment variable is rejected if the variable is empty', () => {
    process.env.EMPTY = '';
    expect(() => requiredVariable('EMPTY', '--x')).toThrow('The variable EMPTY, which --x names, is not set');
  });
});

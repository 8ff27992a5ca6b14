import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  maxStale,
  type TrustDefaults,
  type TrustOptions,
  trustChoice,
  withTrust,
} from '../../../../src/main/cli/flags/trust-options.ts';

const before = process.env;
beforeEach(() => {
  process.env = { CONNECTORS_SIGNATURE_KEY: 'default key', NEW_KEY: 'new key', OLD_KEY: 'old key' };
});
afterEach(() => {
  process.env = before;
});

/** Returns the trust options that the CLI parses from these arguments. */
function parsed(args: readonly string[], defaults?: TrustDefaults): TrustOptions {
  const command = withTrust(new Command().exitOverride().configureOutput({ writeErr: () => {} }), defaults);
  return command.parse(args, { from: 'user' }).opts();
}

const choiceOf = (...args: string[]) => trustChoice(parsed(args));

describe('the trust flags', () => {
  it('without trust flags, the HMAC key is read from the variable `CONNECTORS_SIGNATURE_KEY`', () => {
    expect(choiceOf()).toMatchObject({ signatureKey: ['default key'], signatureKeys: undefined, accept: undefined });
  });

  it('the CLI reads several HMAC keys in the order in which `--key-env` names them', () => {
    const choice = choiceOf('--key-env', 'NEW_KEY', '--key-env', 'OLD_KEY');
    expect(choice.signatureKey).toEqual(['new key', 'old key']);
  });

  it('with `--keys`, the HMAC key is used only if `--key-env` or `--accept` requires it', () => {
    expect(choiceOf('--keys', 'k.json')).toMatchObject({ signatureKey: undefined, signatureKeys: 'k.json' });
    expect(choiceOf('--keys', 'k.json', '--key-env', 'NEW_KEY').signatureKey).toEqual(['new key']);
    expect(choiceOf('--keys', 'k.json', '--accept', 'either').signatureKey).toEqual(['default key']);
    expect(choiceOf('--keys', 'k.json', '--accept', 'signature').signatureKey).toBeUndefined();
  });

  it('trustChoice() returns the values of flags such as `--key-documents` and `--map-id` unchanged', () => {
    const flags = [
      '--key-documents',
      'https://m.example/{version}',
      '--threshold',
      '2',
      '--map-id',
      'id',
      '--min-version',
    ];
    const documents = ['--keys', 'k.json', ...flags, '7', '--max-stale', '0'];
    expect(choiceOf(...documents)).toEqual({
      signatureKey: undefined,
      signatureKeys: 'k.json',
      keyDocuments: 'https://m.example/{version}',
      accept: undefined,
      threshold: 2,
      mapId: 'id',
      minVersion: 7,
      maxStaleMs: 0,
    });
  });

  it('`--max-stale` overrides how long an expired map may be used, with a number of milliseconds or with "off"', () => {
    const defaults = { maxStaleMs: 1_000 };
    expect(trustChoice(parsed([], defaults)).maxStaleMs).toBe(1_000);
    expect(trustChoice(parsed(['--max-stale', 'off'], defaults)).maxStaleMs).toBeNull();
    expect(trustChoice(parsed(['--max-stale', '5'], defaults)).maxStaleMs).toBe(5);
  });

  it.each(['', 'never', '-1', '1.5', '1e400', 'NaN'])('--max-stale rejects the value %j', (text) => {
    expect(() => maxStale(text)).toThrow(/milliseconds, or off/);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['no key at all', [], /CONNECTORS_SIGNATURE_KEY.*--key-env.*--keys FILE/],
    ['a variable that is not set', ['--key-env', 'NOPE'], /variable NOPE, which --key-env names/],
    ['key documents without keys', ['--key-documents', 'd.{version}.json'], /--key-documents needs --keys FILE/],
    ['a policy without its public keys', ['--accept', 'either'], /--accept either needs --keys FILE/],
    ['a threshold without keys', ['--threshold', '2'], /--threshold needs --keys FILE/],
    ['a version without documents', ['--keys', 'k', '--min-version', '2'], /--min-version needs --key-documents/],
    ['a policy without its HMAC key', ['--keys', 'k', '--accept', 'both'], /--accept both needs an HMAC key/],
  ])('the error for %s names the trust flags to use', (_, args, message) => {
    delete process.env.CONNECTORS_SIGNATURE_KEY;
    expect(() => choiceOf(...args)).toThrow(message);
  });

  it('`--key-env` is rejected with `--accept signature`, which ignores HMAC keys', () => {
    const args = ['--keys', 'k', '--accept', 'signature', '--key-env', 'NEW_KEY'];
    expect(() => choiceOf(...args)).toThrow(/--accept signature ignores the HMAC/);
  });

  it('unknown values of `--accept` and a `--threshold` below 1 are rejected', () => {
    expect(() => parsed(['--accept', 'all'])).toThrow(/Allowed choices/);
    expect(() => parsed(['--threshold', '0'])).toThrow(/whole number above 0/);
  });
});

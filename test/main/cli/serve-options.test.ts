import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  listenerLimits,
  readyFor,
  routesOf,
  type ServeOptions,
  tokensOf,
  withServe,
} from '../../../src/main/cli/serve-options.ts';
import { DEFAULT_LIMITS, DEFAULT_PORT } from '../../../src/main/gateway/http/limits.ts';

const before = process.env;
beforeEach(() => {
  process.env = { SHORT: 'abc', SPACED: 'sixteen letters and spaces', GOOD: 'sixteen-letters-1' };
});
afterEach(() => {
  process.env = before;
});

/** Returns the serve options that the CLI parses from these arguments. */
function parsed(...args: string[]): ServeOptions {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  return withServe(command).parse(args, { from: 'user' }).opts();
}

describe('serve options', () => {
  it('`serve` without options uses the defaults of the gateway', () => {
    const options = parsed();
    expect([options.host, options.port, options.sessions, options.separator]).toEqual([
      '127.0.0.1',
      DEFAULT_PORT,
      true,
      '__',
    ]);
    expect(listenerLimits(options)).toEqual(DEFAULT_LIMITS);
  });

  it('`serve` drops a map 24 hours after its expiry, unless `--max-stale` changes this', () => {
    expect([parsed().maxStale, parsed('--max-stale', 'off').maxStale, parsed('--max-stale', '5').maxStale]).toEqual([
      86_400_000,
      'off',
      5,
    ]);
  });

  it('an option of `serve` that changes one limit does not change the other limits', () => {
    expect(listenerLimits(parsed('--max-sessions', '7'))).toEqual({ ...DEFAULT_LIMITS, maxSessions: 7 });
  });

  it('`serve` reads a name and tool patterns from `--route NAME=GLOB,GLOB`, and rejects invalid routes', () => {
    expect(routesOf(parsed('--route', 'a=x__*,!x__y', '--route', 'b=z'))).toEqual({ a: ['x__*', '!x__y'], b: ['z'] });
    for (const spec of ['a', 'a=', '/=x', '=x'])
      expect(() => routesOf(parsed('--route', spec))).toThrow(`--route ${spec} is not valid: give NAME=GLOB`);
  });

  it('`serve` waits for any connector, or for the connectors that `--ready-for` names', () => {
    expect([readyFor(parsed()), readyFor(parsed('--ready-for', 'a,b'))]).toEqual(['any', ['a', 'b']]);
  });

  it('`serve` reads access tokens from variables, and rejects short tokens and tokens with spaces', () => {
    expect(tokensOf(parsed('--token-env', 'GOOD'))).toEqual(['sixteen-letters-1']);
    for (const name of ['SHORT', 'SPACED'])
      expect(() => tokensOf(parsed('--token-env', name))).toThrow(
        expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(`The variable ${name}`) }),
      );
  });

  it('`serve` requires an access token for any address except loopback, unless it runs with `--stdio`', () => {
    expect(() => tokensOf(parsed('--host', '0.0.0.0'))).toThrow('give --token-env NAME too');
    expect(tokensOf(parsed('--host', '0.0.0.0', '--stdio'))).toEqual([]);
    expect(tokensOf(parsed('--host', '::1'))).toEqual([]);
  });

  it.each([
    ['--port', '65536'],
    ['--port', 'x'],
    ['--separator', 'a b'],
    ['--separator', ''],
    ['--max-body', '0'],
  ])('serve rejects the option %s with the value %j', (option, value) => {
    expect(() => parsed(option, value)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
  });
});

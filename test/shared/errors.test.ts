import { describe, expect, it } from 'vitest';
import {
  asSwitchyardError,
  ConnectorManifestError,
  codeOf,
  fromWireError,
  isErrorCode,
  rootReason,
  SwitchyardError,
  toWireError,
} from '../../src/shared/errors.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const fetchFailed = new TypeError('fetch failed', { cause: refused });

describe('wire form of an error', () => {
  it('the wire form of an error survives structured clone with its code, message, detail and causes', () => {
    const error = new ConnectorManifestError('MAP_UNREACHABLE', 'no map', {
      cause: fetchFailed,
      detail: { status: 0 },
    });
    const back = fromWireError(structuredClone(toWireError(error)), ConnectorManifestError);
    expect(back).toBeInstanceOf(ConnectorManifestError);
    expect(back).toMatchObject({
      name: 'ConnectorManifestError',
      code: 'MAP_UNREACHABLE',
      message: 'no map',
      detail: { status: 0 },
    });
    expect(back.cause).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    expect((back.cause as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('the wire form of an error contains no stack, which would reveal paths of the machine', () => {
    expect(JSON.stringify(toWireError(new Error('x')))).not.toContain('errors.test.ts');
  });

  it('the wire form of any thrown value has an error code', () => {
    expect(toWireError('a string')).toMatchObject({ code: 'INTERNAL', message: 'a string', causes: [] });
    expect(toWireError(new Error('oops'), 'STORE_UNAVAILABLE').code).toBe('STORE_UNAVAILABLE');
  });

  it('the wire form of an error truncates an endless chain of causes', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(toWireError(new SwitchyardError('INTERNAL', 'x', { cause: loop })).causes).toHaveLength(8);
  });
});

describe('error helpers', () => {
  it('rootReason() returns the message of the innermost cause', () => {
    expect(rootReason(fetchFailed)).toBe('ECONNREFUSED: connect ECONNREFUSED');
    expect(rootReason(new SwitchyardError('INTERNAL', 'outer', { cause: new Error('inner') }))).toBe('inner');
    expect(rootReason('text')).toBe('text');
  });

  it('isErrorCode() accepts only known codes, and codeOf() returns null for a value without an error code', () => {
    expect(isErrorCode('MAP_EXPIRED')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(codeOf({ code: 7 })).toBeNull();
    expect(codeOf(null)).toBeNull();
  });

  it('asSwitchyardError() returns a SwitchyardError unchanged, and wraps any other error', () => {
    const own = new SwitchyardError('CLOSED', 'closed');
    expect(asSwitchyardError(own)).toBe(own);
    expect(asSwitchyardError(refused)).toMatchObject({ code: 'INTERNAL', cause: refused });
  });
});

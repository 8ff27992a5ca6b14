import { describe, expect, it } from 'vitest';
import { entryFault, unusableOf } from '../../../src/shared/map/entry-fault.ts';
import type { RawEntry } from '../../../src/shared/map/service-map.ts';
import { entry } from '../../helpers/signed-map.ts';

const faultOf = (overrides: object) => entryFault(entry('a', { ...overrides }) as unknown as RawEntry);

describe('entryFault()', () => {
  it.each([
    'host',
    'Host',
    'content-length',
    'Transfer-Encoding',
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'upgrade',
    'expect',
    'http2-settings',
  ])('names the header %s, wherever an entry sets it', (name) => {
    expect(faultOf({ headers: { 'x-a': '1', [name]: '1' } })).toContain(`headers.${name} `);
    expect(faultOf({ auth: { type: 'apiKey', headerName: name } })).toContain('auth.headerName');
  });

  it.each([
    [{ auth: { type: 'oauth' } }, 'auth.type "oauth"'],
    [{ auth: { type: 'Bearer' } }, 'auth.type "Bearer"'],
    [{ auth: { type: 'constructor' } }, 'auth.type "constructor"'],
    [{ auth: { type: 'x\u202e\u001b[2J' } }, 'auth.type "x??[2J"'],
    [{ auth: { type: 'bearer', oauth: {} } }, 'auth.oauth'],
    [{ auth: { type: 'none', clientSecretEnv: 'HOME' } }, 'auth.clientSecretEnv'],
  ])('says of %j that it cannot be used', (overrides, says) => {
    expect(faultOf(overrides)).toContain(says);
  });

  it.each([
    [{}],
    [{ auth: { type: 'none' } }],
    [{ auth: { type: 'bearer', note: 'kept' } }],
    [{ auth: { type: 'apiKey', headerName: 'x-api-key' }, headers: { 'x-host': 'a', authorization: 'b' } }],
    [{ oauth: { clientId: 'for newer hosts' } }],
  ])('has nothing against %j', (overrides) => {
    expect(faultOf(overrides)).toBeNull();
  });
});

it('unusableOf() gives the ids of the entries that are left out', () => {
  const entries = [entry('a'), entry('b', { auth: { type: 'mtls' } })] as unknown as RawEntry[];
  expect(unusableOf(entries)).toEqual([{ id: 'b', reason: 'auth.type "mtls" is not known to this host' }]);
});

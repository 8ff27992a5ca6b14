import { describe, expect, it } from 'vitest';
import { markLocal } from '../../../src/main/connectors/connection/local-entry.ts';
import { createTargetOf } from '../../../src/main/manager/logins/login-target.ts';
import type { ConnectorOAuth } from '../../../src/main/options/host-interfaces.ts';
import { normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { entry } from '../../helpers/signed-map.ts';

const entryOf = (over = {}) => normalizeEntry(entry('a', over) as unknown as RawEntry, 300);

describe('createTargetOf()', () => {
  it('createTargetOf() computes the login target of an entry only once', () => {
    const targetOf = createTargetOf({ oauth: () => null, createProxy: null, allowEnv: [], fleet: null });
    const [one, same] = [entryOf(), entryOf()];
    expect(targetOf(one)).toBe(targetOf(one));
    expect(targetOf(same)).not.toBe(targetOf(one));
    const off = entryOf({ oauth: false });
    expect([targetOf(off), targetOf(off)]).toEqual([null, null]);
  });

  it('createTargetOf() returns another login target if the secret in a local file changes', () => {
    const targetOf = createTargetOf({ oauth: () => null, createProxy: null, allowEnv: [], fleet: null });
    const local = entryOf({ oauth: { clientId: 'a' } });
    const marks = ['one', 'other', 'one'].map((secret) => {
      markLocal(local, null, 'a file' as unknown as Parameters<typeof markLocal>[2], secret);
      return [targetOf(local)?.secretMark, targetOf(local)?.clientSecret()];
    });
    expect(marks.map(([, secret]) => secret)).toEqual(['one', 'other', 'one']);
    expect(marks[0]).toEqual(marks[2]);
    expect(marks[0]).not.toEqual(marks[1]);
  });

  it('each time a login target is requested, no target is returned if the host itself provides the login at that time', () => {
    let own: ConnectorOAuth | null = null;
    const targetOf = createTargetOf({ oauth: () => own, createProxy: null, allowEnv: [], fleet: null });
    const given = entryOf();
    expect(targetOf(given)).not.toBe(null);
    own = {} as ConnectorOAuth;
    expect(targetOf(given)).toBe(null);
  });
});

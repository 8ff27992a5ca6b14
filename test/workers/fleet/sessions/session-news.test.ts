import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../../src/shared/fleet/fleet-sealer.ts';
import { SessionNews } from '../../../../src/workers/fleet/sessions/session-news.ts';

const sealer = new FleetSealer('test', ['s3cr3t-of-a-fleet-that-is-the-only-one']);
const newsOf = (hostId: string, channel = 'sess') => new SessionNews(sealer, channel, hostId);
const ended = { kind: 'ended' } as const;

describe('SessionNews', () => {
  it('SessionNews sends a change of a session to another replica, and recognizes its own changes', () => {
    const [one, other] = [newsOf('a'), newsOf('b')];
    const message = one.write('id', ended);
    expect(other.read(message)).toEqual({ kind: 'session-changed', sessionId: 'id', change: ended, by: 'a' });
    expect(one.read(message)).toBe('own');
  });

  it('SessionNews accepts each message only once, even if other or newer messages arrived in between', () => {
    const [one, other] = [newsOf('a'), newsOf('b')];
    const messages = Array.from({ length: 300 }, () => one.write('id', ended));
    const [first = '', second = '', ...rest] = messages;
    expect([other.read(second), other.read(first)]).not.toContain(null);
    for (const message of rest) expect(other.read(message)).not.toBeNull();
    for (const message of messages) expect(other.read(message)).toBeNull();
  });

  it('SessionNews accepts the messages of a host whose thread was restarted', () => {
    const other = newsOf('b');
    for (let start = 0; start < 3; start += 1) expect(other.read(newsOf('a').write('id', ended))).not.toBeNull();
  });

  it('SessionNews rejects messages of another channel or fleet, and changed or forged messages', () => {
    const other = newsOf('b');
    expect(other.read(newsOf('a', 'another').write('id', ended))).toBeNull();
    const elsewhere = new FleetSealer('other', ['s3cr3t-of-a-fleet-that-is-the-only-one']);
    expect(other.read(new SessionNews(elsewhere, 'sess', 'a').write('id', ended))).toBeNull();
    expect(other.read('x'.repeat(1_000_000))).toBeNull();
    fc.assert(fc.property(fc.base64String(), (text) => void expect(other.read(text)).toBeNull()));
    const plain = fc.oneof(
      fc.json(),
      fc.array(fc.jsonValue(), { minLength: 5, maxLength: 5 }).map((list) => JSON.stringify(list)),
    );
    fc.assert(
      fc.property(plain, (json) => {
        const message = sealer.seal('session', 'sess', Buffer.from(json)).toString('base64url');
        expect(other.read(message)).toBeNull();
      }),
    );
  });
});

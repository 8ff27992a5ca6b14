import { afterAll, describe, expect, it } from 'vitest';
import { killRunning } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { Drill, OPERATOR } from '../helpers/login-drill/drill.ts';
import { describeUses, doubled, type Moment } from '../helpers/login-drill/token-ledger.ts';

afterAll(killRunning);

const TOKEN_TTL_SECONDS = 4;

/** Maximum time that other processes wait for a process that was stopped during its refresh. */
const LEASE_MS = 30_000;

const MOMENTS: readonly (Moment | 'any')[] = [
  'before-the-answer',
  'around-the-write',
  'any',
  'before-the-issuer',
  'after-the-answer',
];

/** Returns the errors that clients received, except errors about a needed login. */
function strangeRefusals({ refusals }: Drill): readonly unknown[] {
  return refusals.filter(({ status, text }) => status !== 200 || !text.includes('CONNECTOR_LOGIN_NEEDED'));
}

// Both tests mostly wait, so they run concurrently. They find the refreshing process by the sockets in /proc.
const options = { concurrent: true, timeout: 240_000, skip: process.platform !== 'linux' };
describe('two gateways and a command that share a state folder', options, () => {
  it('no refresh token is used twice if two gateways and a command share a state folder and are killed', async () => {
    await using drill = await new Drill(['crm', 'wiki', 'shop']).start(TOKEN_TTL_SECONDS);
    const { ledger, gateways } = drill;
    const { presented, secrets } = ledger;
    const endsAt = performance.now() + 25_000;
    let kills = 0;
    for (; kills < MOMENTS.length || performance.now() < endsAt; kills += 1) {
      await drill.kill(MOMENTS[kills % MOMENTS.length] ?? 'any');
      await drill.mend();
    }
    await drill.report();
    expect(gateways.flatMap(({ crashes }) => crashes)).toEqual([]);
    expect(strangeRefusals(drill)).toEqual([]);
    // The median is checked, because the machine may be busy now and then.
    expect(drill.upAfterMs.toSorted((a, b) => a - b)[Math.floor(drill.upAfterMs.length / 2)]).toBeLessThan(1_000);
    for (const { served } of gateways) expect(served).toBeGreaterThan(50);
    const uses = describeUses(presented);
    expect(doubled(presented), uses).toEqual([]);
    // Every lost login has a refresh that was hit by a kill, so that its response may not have been stored.
    const lost = presented.filter(({ answer }) => answer !== null && answer !== 'tokens');
    for (const { token } of lost) expect(presented.find((one) => one.token === token)?.wasHit, uses).toBe(true);
    expect(drill.logins - 3).toBeLessThanOrEqual(lost.length);
    // A process that needs a login stops sending requests, so only a few requests are refused.
    expect(drill.refusedRequests).toBeLessThan(10 * (kills + drill.logins));
    expect(presented.some(({ answer, wasHit }) => wasHit && answer === null)).toBe(true);

    const everything = await drill.everything();
    const found = [...everything].flatMap(([where, text]) =>
      [...secrets, OPERATOR].filter((secret) => text.includes(secret)).map(() => where),
    );
    expect(found).toEqual([]);
    // Each login and refresh adds several secrets, such as access and refresh tokens, codes and verifiers.
    expect(secrets.size).toBeGreaterThan(2 * presented.length);
    expect([...everything.keys()].some((path) => path.endsWith('logins.sqlite'))).toBe(true);
    expect(everything.get('gateway 0')).toContain('login-refreshed');
  });

  it('a gateway takes over the token refresh of another gateway that was frozen for too long', async () => {
    await using drill = await new Drill(['crm']).start(TOKEN_TTL_SECONDS);
    const { presented } = drill.ledger;
    const victim = await drill.hit('before-the-answer', 'SIGSTOP');
    const { length } = presented;
    const { token, atMs } = presented.at(-1) ?? { token: '', atMs: 0 };
    await eventually('another one takes the turn', () => presented.length > length, LEASE_MS + 10_000);
    expect(presented.at(-1)?.token).toBe(token);
    expect((presented.at(-1)?.atMs ?? 0) - atMs).toBeGreaterThan(LEASE_MS - 2_000);
    const [other] = drill.gateways.filter((each) => each !== victim);
    await eventually('the login is lost', async () => (await other?.states())?.at(0) === 'needs-login');
    victim.signal('SIGCONT');
    await eventually('it is so everywhere', async () =>
      (await drill.states()).flat().every((s) => s === 'needs-login'),
    );
    expect(presented.length).toBe(length + 1);
    await drill.mend();
    expect((await drill.states()).flat()).toEqual(['ready', 'ready']);
    expect(doubled(presented)).toEqual([]);
    expect(strangeRefusals(drill)).toEqual([]);
    expect(drill.gateways.flatMap(({ crashes }) => crashes)).toEqual([]);
  });
});

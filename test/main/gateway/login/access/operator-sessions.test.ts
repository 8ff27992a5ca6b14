import { expect, it } from 'vitest';
import { OperatorSessions } from '../../../../../src/main/gateway/login/access/operator-sessions.ts';
import { eventually } from '../../../../helpers/eventually.ts';

const cookieOf = (header: string): string => header.split(';', 1)[0] ?? '';

it('after the operator signs in with a browser, OperatorSessions recognizes the browser until the operator signs out', () => {
  const sessions = new OperatorSessions(false);
  const [one, other] = [cookieOf(sessions.begin()), cookieOf(sessions.begin())];
  expect(one).not.toBe(other);
  expect(sessions.find(`x=1; ${one}`)).not.toBeNull();
  expect(sessions.find(`${one}x`)).toBeNull();
  expect(sessions.find(undefined)).toBeNull();
  expect(sessions.find(one)).not.toContain(one.split('=')[1] ?? '');
  expect(sessions.end(one)).toContain('Max-Age=0');
  expect([sessions.find(one), sessions.find(other)]).toEqual([null, expect.any(String)]);
});

it('OperatorSessions ends a session when its time is over, and lets its cookie expire after twelve hours', async () => {
  const sessions = new OperatorSessions(true, { ttlMs: 5 });
  const header = sessions.begin();
  expect(header).toMatch(/^__Host-switchyard-operator=[\w-]{43}; .*SameSite=Strict; Max-Age=43200; Secure$/);
  await eventually('it is over', () => sessions.find(cookieOf(header)) === null);
});

it('OperatorSessions forgets the oldest session if there are more than 100', () => {
  const sessions = new OperatorSessions(false);
  const first = cookieOf(sessions.begin());
  for (let index = 0; index < 100; index += 1) sessions.begin();
  expect(sessions.find(first)).toBeNull();
});

import type { IncomingMessage } from 'node:http';
import { CALLBACK_PATH } from './client-document.ts';

/**
 * Path of a login address in a fleet, and name of its cookie. Both have a random part, `~` and the id of the replica
 * that has the login.
 */
const ADDRESS = /^\/login\/[A-Za-z0-9_-]{43}~([A-Za-z0-9_-]{1,64})$/;
const COOKIE = /^\s*(?:__Host-)?switchyard-login-[0-9a-f]{12}~([A-Za-z0-9_-]{1,64})=/;

/** Maximum number of replicas that are queried for the login of a browser. */
const MAX_OWNERS = 4;

/** Returns the suffix that identifies the replica in an address or in a cookie's name; empty without a fleet. */
export function ownerSuffix(hostId: string | null): string {
  return hostId === null ? '' : `~${hostId}`;
}

/**
 * Returns the other replicas that may have the login of a browser; empty if this replica has it. The replica is named
 * in the login address or, when the browser comes back from the issuer, in the browser's cookies. `hasState` tells
 * whether a login of this replica has a given `state`.
 */
export function loginOwners(
  { url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>,
  hostId: string,
  hasState: (state: string) => boolean,
): readonly string[] {
  const [pathname = '', query = ''] = url.split('?', 2);
  const [, named] = ADDRESS.exec(pathname) ?? [];
  if (named !== undefined) return named === hostId ? [] : [named];
  if (pathname !== CALLBACK_PATH || hasState(new URLSearchParams(query).get('state') ?? '')) return [];
  const owners = (headers.cookie ?? '').split(';').flatMap((pair) => COOKIE.exec(pair)?.[1] ?? []);
  return [...new Set(owners)].filter((owner) => owner !== hostId).slice(0, MAX_OWNERS);
}

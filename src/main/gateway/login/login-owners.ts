import type { IncomingMessage } from 'node:http';
import { CALLBACK_PATH } from './client-document.ts';

/** In a fleet, an address and its cookie name the replica that has the login: their random part, `~`, its id. */
const ADDRESS = /^\/login\/[A-Za-z0-9_-]{43}~([A-Za-z0-9_-]{1,64})$/;
const COOKIE = /^\s*(?:__Host-)?switchyard-login-[0-9a-f]{12}~([A-Za-z0-9_-]{1,64})=/;

/** Replicas that are asked for the login of a browser, at most. */
const MAX_OWNERS = 4;

/** What names the replica at the end of an address or a cookie's name; nothing without a fleet. */
export function ownerSuffix(hostId: string | null): string {
  return hostId === null ? '' : `~${hostId}`;
}

/**
 * The other replicas that may have the login of a browser, by its address or, on its way back from the issuer, by its
 * cookies. None if it is this one's. `hasState` says whether a login of this replica has that state.
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

import { randomBytes } from 'node:crypto';
import { messageOf, SwitchyardError } from '../../shared/errors.ts';
import type { FleetRole, FleetSettings } from '../../shared/fleet/fleet-settings.ts';
import { PACKAGE_VERSION } from '../../shared/package-version.ts';
import { anything, flag, oneOf, optional } from '../../shared/validation/check.ts';
import { itemsFrom, itemsUpTo, list, strictObject } from '../../shared/validation/objects.ts';
import { matching, text, units } from '../../shared/validation/text.ts';
import { resolveNetwork, type TlsOptions } from './network-options.ts';

/** Options of a fleet: hosts, such as replicas of one gateway, that share a Redis or Valkey server (docs/fleet.md). */
export interface FleetOptions {
  /**
   * URL of the server: `rediss://HOST:PORT/DB`. For another machine, `redis:` needs `allowPlaintext`. The URL may
   * contain user and password.
   */
  readonly url: string;
  /** Name of the fleet, which is the same on all its hosts: 1 to 64 of the characters `A-Z a-z 0-9 . _ -`. */
  readonly id: string;
  /** The secret of the fleet and, while it is being rotated, the previous secret. Each has at least 32 characters. */
  readonly secrets: readonly [current: string, previous?: string];
  /** Password of the Redis user. It takes precedence over the password in `url`. */
  readonly password?: string | undefined;
  /** A `reader` never becomes the host that requests maps for the whole fleet. Defaults to `any`. */
  readonly role?: FleetRole | undefined;
  /**
   * Address at which other replicas reach this gateway: `http://HOST:PORT` or `https://HOST:PORT`. Defaults to the
   * address on which the gateway listens.
   */
  readonly address?: string | undefined;
  /** Whether the quotas of a connector apply to the calls of all hosts together. Defaults to false. */
  readonly quotas?: boolean | undefined;
  /**
   * How quotas are enforced while the fleet server is unreachable. With `share` (default), this host enforces its share
   * of each quota. With `refuse`, calls to which a quota applies are refused.
   */
  readonly quotasWithout?: 'share' | 'refuse' | undefined;
  /** With `shared`, a login on one host is valid on all hosts. With `own` (default), each host has its own logins. */
  readonly logins?: 'own' | 'shared' | undefined;
  /** TLS settings for a `rediss:` URL. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Whether a `redis:` URL may lead to another machine. The network can then read and change all traffic of the fleet.
   * Defaults to false.
   */
  readonly allowPlaintext?: boolean | undefined;
}

/** Checked {@link FleetOptions} with all defaults filled in. */
export interface ResolvedFleet {
  readonly settings: FleetSettings;
  readonly address: string | null;
  readonly quotas: 'own' | 'share' | 'refuse';
  readonly sharesLogins: boolean;
}

const MIN_SECRET_LENGTH = 32;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/i;

/** Checks the types and formats of the option `fleet`. */
export const checkFleetShape = strictObject({
  url: text(),
  id: text(matching(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')),
  secrets: list(text(units(MIN_SECRET_LENGTH)), itemsFrom(1), itemsUpTo(2)),
  password: optional(text()),
  role: optional(oneOf('any', 'reader')),
  address: optional(text()),
  quotas: optional(flag),
  quotasWithout: optional(oneOf('share', 'refuse')),
  logins: optional(oneOf('own', 'shared')),
  tls: anything,
  allowPlaintext: optional(flag),
});

/**
 * Resolves the option `fleet`. Throws OPTIONS_INVALID. Messages do not contain the URL, which may contain a password.
 */
export function resolveFleet(options: FleetOptions | undefined): ResolvedFleet | null {
  if (options === undefined) return null;
  const { url, username, password } = readServerUrl(options);
  const { quotas = false, quotasWithout = 'share', logins = 'own', address } = options;
  const tls = url.startsWith('rediss:') ? resolveNetwork(options.tls ?? {}, false, {}).tls : null;
  if (tls === null && options.tls !== undefined) throw invalid('tls', 'needs a rediss: URL');
  return {
    settings: {
      ...{ url, username, password: options.password ?? password, tls },
      ...{ id: options.id, secrets: options.secrets.filter((one) => one !== undefined), role: options.role ?? 'any' },
      ...{ hostId: randomBytes(9).toString('base64url'), version: PACKAGE_VERSION },
    },
    address: address === undefined ? null : readAddress(address),
    quotas: quotas ? quotasWithout : 'own',
    sharesLogins: logins === 'shared',
  };
}

function readServerUrl(options: FleetOptions): Pick<FleetSettings, 'url' | 'username' | 'password'> {
  const url = URL.parse(options.url);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw invalid('url', 'must be redis://HOST:PORT or rediss://HOST:PORT, optionally followed by /DB');
  if (!/^\/?\d*$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw invalid('url', 'must have no path other than a database number');
  if (url.protocol === 'redis:' && options.allowPlaintext !== true && !LOOPBACK.test(url.hostname))
    throw invalid('url', 'must be a rediss: URL for another machine; on a network that you trust, set allowPlaintext');
  const [username, password] = [url.username, url.password].map((part) => (part === '' ? null : decoded(part)));
  url.username = '';
  url.password = '';
  return { url: url.href, username: username ?? null, password: password ?? null };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw invalid('url', `has credentials that are not percent-encoded (${messageOf(cause)})`);
  }
}

function readAddress(address: string): string {
  const url = URL.parse(address);
  const isBare = url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url === null || !isBare || !/^https?:$/.test(url.protocol))
    throw invalid('address', 'must be http://HOST:PORT or https://HOST:PORT without a path');
  return url.origin;
}

function invalid(name: string, why: string): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', `The option fleet.${name} ${why}.`, {
    detail: { option: `fleet.${name}` },
  });
}

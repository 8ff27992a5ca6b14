import type { Challenge } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';
import { readChallenge } from '../oauth/challenge.ts';
import type { LoginDiscovery, LoginRequest } from '../oauth/login-discovery.ts';
import type { LoginProtocol } from './login-protocol.ts';

/** How long a discovery holds for refusals; a login always discovers anew. */
const FRESH_MS = 60_000;

/** How many discoveries of one connector are held: a server may write another challenge each time. */
const MAX_HELD = 8;

export interface DiscoveriesDeps {
  readonly protocol: () => Promise<LoginProtocol>;
  readonly fetchOf: (target: LoginTarget) => typeof fetch;
  readonly now: () => number;
  /** Aborts what is under way. */
  readonly closing: AbortSignal;
}

interface Found {
  readonly atMs: number;
  readonly discovery: Promise<LoginDiscovery>;
  isUnderWay: boolean;
}

/** Finds out what connectors want, once for many refusals at a time. */
export class Discoveries {
  readonly #deps: DiscoveriesDeps;
  /** By connector, then by what the outcome depends on; the oldest first. */
  readonly #found = new Map<string, Map<string, Found>>();

  constructor(deps: DiscoveriesDeps) {
    this.#deps = deps;
  }

  /** What a request about the login of a target needs. */
  requestFor(target: LoginTarget): LoginRequest {
    const { fetchOf, now, closing } = this.#deps;
    return { target, fetch: fetchOf(target), signal: closing, now };
  }

  /** Rejects as `discoverLogin`; a failure is not remembered. */
  async find(target: LoginTarget, challenge: Challenge | null): Promise<LoginDiscovery> {
    const nowMs = this.#deps.now();
    this.#forgetOld(nowMs);
    const key = keyOf(target, challenge);
    const found = this.#found.get(target.connectorId) ?? new Map<string, Found>();
    const known = found.get(key);
    if (known !== undefined) return known.discovery;
    const [oldest] = found;
    if (found.size >= MAX_HELD && oldest !== undefined) {
      // A slow server could have this host ask it ever more at a time. It is as good an answer as any that it gives.
      if (oldest[1].isUnderWay) return oldest[1].discovery;
      found.delete(oldest[0]);
    }
    const begun: Found = { atMs: nowMs, discovery: this.renew(target, challenge), isUnderWay: true };
    this.#found.set(target.connectorId, found.set(key, begun));
    begun.discovery.then(
      () => {
        begun.isUnderWay = false;
      },
      () => {
        if (found.get(key) === begun) found.delete(key);
      },
    );
    return begun.discovery;
  }

  #forgetOld(nowMs: number): void {
    for (const [connectorId, found] of this.#found) {
      for (const [key, { atMs }] of found) if (Math.abs(nowMs - atMs) >= FRESH_MS) found.delete(key);
      if (found.size === 0) this.#found.delete(connectorId);
    }
  }

  /** The same, from the network in any case. */
  async renew(target: LoginTarget, challenge: Challenge | null): Promise<LoginDiscovery> {
    const { discoverLogin } = await this.#deps.protocol();
    return discoverLogin(this.requestFor(target), challenge);
  }
}

/** What the outcome depends on: the scopes and errors of a challenge differ from tool to tool. */
function keyOf(target: LoginTarget, challenge: Challenge | null): string {
  const read = challenge === null ? null : readChallenge(challenge);
  const { connectorId, url, oauth, isLocal } = target;
  return JSON.stringify([connectorId, url, oauth, isLocal, read?.resourceMetadataUrl, read?.schemes]);
}

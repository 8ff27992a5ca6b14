import type { Challenge } from '../credentials.ts';
import type { LoginTarget } from '../login-target.ts';
import { readChallenge } from '../oauth/challenge.ts';
import type { LoginDiscovery, LoginRequest } from '../oauth/login-discovery.ts';
import type { LoginProtocol } from './login-protocol.ts';

/**
 * How long a discovery is reused when a server refuses requests. A login that a person starts always makes a new
 * discovery.
 */
const FRESH_MS = 60_000;

/**
 * Maximum number of discoveries that are kept for one connector, because a server may send a new challenge each time.
 */
const MAX_HELD = 8;

export interface DiscoveriesDeps {
  readonly protocol: () => Promise<LoginProtocol>;
  readonly fetchOf: (target: LoginTarget) => typeof fetch;
  readonly now: () => number;
  /** Aborts discoveries in progress. */
  readonly closing: AbortSignal;
}

interface Found {
  readonly atMs: number;
  readonly discovery: Promise<LoginDiscovery>;
  isUnderWay: boolean;
}

/** Finds out which login each connector requires. Simultaneous refusals share one discovery. */
export class Discoveries {
  readonly #deps: DiscoveriesDeps;
  /** Recent discoveries by connector id, and then by the key of their inputs; oldest first. */
  readonly #found = new Map<string, Map<string, Found>>();

  constructor(deps: DiscoveriesDeps) {
    this.#deps = deps;
  }

  /** Returns the context for requests about the login of a target. */
  requestFor(target: LoginTarget): LoginRequest {
    const { fetchOf, now, closing } = this.#deps;
    return { target, fetch: fetchOf(target), signal: closing, now };
  }

  /** Returns a recent discovery, or makes a new one. Rejects as `discoverLogin` does. A failure is not remembered. */
  async find(target: LoginTarget, challenge: Challenge | null): Promise<LoginDiscovery> {
    const nowMs = this.#deps.now();
    this.#forgetOld(nowMs);
    const key = keyOf(target, challenge);
    const found = this.#found.get(target.connectorId) ?? new Map<string, Found>();
    const known = found.get(key);
    if (known !== undefined) return known.discovery;
    const [oldest] = found;
    if (found.size >= MAX_HELD && oldest !== undefined) {
      // The oldest discovery is used while it is in progress, although its inputs differ. Otherwise a slow server would
      // get more and more parallel requests.
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

  /** Makes a new discovery over the network. Rejects as `discoverLogin` does. */
  async renew(target: LoginTarget, challenge: Challenge | null): Promise<LoginDiscovery> {
    const { discoverLogin } = await this.#deps.protocol();
    return discoverLogin(this.requestFor(target), challenge);
  }
}

/**
 * Returns the inputs of a discovery as a key. The key omits the scopes and errors of a challenge, which differ from
 * tool to tool.
 */
function keyOf(target: LoginTarget, challenge: Challenge | null): string {
  const read = challenge === null ? null : readChallenge(challenge);
  const { connectorId, url, oauth, isLocal } = target;
  return JSON.stringify([connectorId, url, oauth, isLocal, read?.resourceMetadataUrl, read?.schemes]);
}

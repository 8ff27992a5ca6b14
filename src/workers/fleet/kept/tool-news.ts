import { startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { FleetToolName } from '../../../shared/protocol/fleet/tool-messages.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import { HashFields } from './hash-fields.ts';

/** How long messages are collected before the main thread is notified, in milliseconds. */
const GATHER_MS = 100;

/** Interval between checks for data that the Redis server lost. It varies by up to 50 %. */
const LOOK_MS = 4_000;

/**
 * Maximum number of names of approved tools in one scope that the main thread is sent. If there are more, it only
 * learns that some tools were approved.
 */
const MAX_NAMED = 100;

const MAX_MESSAGE_LENGTH = 64 * 1024;

const MAX_SCOPE_LENGTH = 64;

export interface ToolNewsDeps extends FleetPartDeps {
  /** Returns the digest of this host's tool list for a connector, or null if this host has no such list. */
  readonly digestOf: (scope: string, connectorId: string) => string | null;
}

/** Receives messages from other hosts about tools and pins, and detects data that the Redis server lost. */
export class ToolNews {
  readonly #deps: ToolNewsDeps;
  readonly #fields: HashFields;
  /** Last known number of fields in each hash of the scopes that this host uses. */
  readonly #lengths = new Map<string, number>();
  readonly #scopes = new Set<string>();
  readonly #lists = new Map<string, { readonly scope: string; connectorId: string; digest: string; by: string }>();
  readonly #approved = new Map<string, { readonly by: string; tools: readonly FleetToolName[] | null }>();
  #timer: Timer | null = null;
  #lookTimer: Timer | null = null;
  #isClosed = false;

  constructor(deps: ToolNewsDeps) {
    this.#deps = deps;
    this.#fields = new HashFields(deps);
    const { redis, keys } = deps;
    redis.subscribe(keys.toolNews, (message) => this.#hearList(message));
    redis.subscribe(keys.pinNews, (message) => this.#hearApproval(message));
    deps.onClose(async () => {
      this.#isClosed = true;
      this.#timer?.cancel();
      this.#lookTimer?.cancel();
    });
  }

  /** Starts to handle messages about a scope that this host uses, and to check its data. */
  follow(scope: string): void {
    if (this.#scopes.has(scope)) return;
    this.#scopes.add(scope);
    this.#lookLater();
  }

  #hearList(message: string): void {
    const news = readMessage(message, this.#deps.settings.hostId);
    if (news === null || !this.#scopes.has(news.scope)) return;
    const { scope, by, connectorId, digest } = news;
    if (typeof connectorId !== 'string' || typeof digest !== 'string' || digest.length > MAX_SCOPE_LENGTH) return;
    const own = this.#deps.digestOf(scope, connectorId);
    if (own === null || own === digest) return;
    this.#lists.set(JSON.stringify([scope, connectorId]), { scope, connectorId, digest, by });
    this.#tellLater();
  }

  #hearApproval(message: string): void {
    const news = readMessage(message, this.#deps.settings.hostId);
    if (news === null || !this.#scopes.has(news.scope)) return;
    const before = this.#approved.get(news.scope);
    const named = [...(before?.tools ?? []), ...readNames(news.tools)];
    const isAll = before?.tools === null || named.length > MAX_NAMED || !Array.isArray(news.tools);
    this.#approved.set(news.scope, { by: news.by, tools: isAll ? null : named });
    this.#tellLater();
  }

  #tellLater(): void {
    if (!this.#isClosed) this.#timer ??= startTimer(GATHER_MS, () => this.#tell());
  }

  #tell(): void {
    this.#timer = null;
    for (const [scope, { by, tools }] of this.#approved) this.#deps.emit({ kind: 'pins-approved', scope, tools, by });
    for (const list of this.#lists.values()) this.#deps.emit({ kind: 'tools-changed', ...list });
    this.#approved.clear();
    this.#lists.clear();
  }

  #lookLater(): void {
    if (this.#isClosed || this.#lookTimer !== null) return;
    this.#lookTimer = startTimer(LOOK_MS * (0.5 + this.#deps.random.next()), () => {
      void this.#look().finally(() => {
        this.#lookTimer = null;
        this.#lookLater();
      });
    });
  }

  async #look(): Promise<void> {
    const { redis, keys, emit } = this.#deps;
    // Nothing can be checked now. The main thread synchronizes everything once the Redis server is reachable again.
    if (!redis.isConnected) return;
    try {
      for (const scope of this.#scopes) {
        const isLess = await Promise.all([keys.pins(scope), keys.tools(scope)].map((key) => this.#hasLess(key)));
        if (isLess.includes(true)) emit({ kind: 'tools-lost', scope });
      }
    } catch (error) {
      if (codeOf(error) !== 'FLEET_UNAVAILABLE') throw error;
    }
  }

  async #hasLess(key: string): Promise<boolean> {
    const length = await this.#fields.length(key);
    const before = this.#lengths.get(key) ?? 0;
    this.#lengths.set(key, length);
    return length < before;
  }
}

interface Message {
  readonly scope: string;
  readonly by: string;
  readonly [member: string]: unknown;
}

/**
 * Parses a message that another host sent about a scope. Returns null for other messages, because anyone who may
 * publish on the channel can send anything.
 */
function readMessage(text: string, hostId: string): Message | null {
  if (text.length > MAX_MESSAGE_LENGTH) return null;
  try {
    const found = parseForeignJson(text);
    if (typeof found !== 'object' || found === null) return null;
    const { scope, by } = found as Record<string, unknown>;
    if (typeof scope !== 'string' || typeof by !== 'string' || by === hostId) return null;
    return scope.length > MAX_SCOPE_LENGTH || by.length > MAX_SCOPE_LENGTH ? null : (found as Message);
  } catch {
    // The message does not come from a host.
    return null;
  }
}

function readNames(tools: unknown): FleetToolName[] {
  if (!Array.isArray(tools)) return [];
  return tools.slice(0, MAX_NAMED + 1).flatMap((name: unknown) => {
    if (!Array.isArray(name)) return [];
    const [connectorId, tool]: unknown[] = name;
    return typeof connectorId === 'string' && typeof tool === 'string' ? [{ connectorId, tool }] : [];
  });
}

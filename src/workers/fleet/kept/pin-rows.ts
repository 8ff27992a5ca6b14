import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { FleetPin, FleetToolName } from '../../../shared/protocol/fleet/tool-messages.ts';
import { toolDigest } from '../../../shared/tools/compare-pin.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import type { OwnPin } from '../../../shared/tools/tool-records.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import { HashFields, listOf } from './hash-fields.ts';
import { PUT_APPROVED, PUT_MISSING } from './kept-scripts.ts';
import {
  HEAD_BYTES,
  MAX_VERSION,
  openPin,
  ownSealedPin,
  packPin,
  pinField,
  readHead,
  type SealedPin,
  shortDigest,
} from './pin-box.ts';

/** Maximum size of a shared pin. Larger pins are not shared. */
const MAX_VALUE_BYTES = 256 * 1024;

/** Maximum number of pins that one script call writes. */
const MAX_PINS = 64;

/** Maximum number of attempts for an approval, if other hosts approve the same tool at the same time. */
const MAX_TRIES = 4;

/** Approximate number of approvals that the log of a scope contains. */
const MAX_LOG = 10_000;

/** Reads and writes the pins and approvals of a fleet in Redis. */
export class PinRows {
  readonly #deps: FleetPartDeps;
  readonly #sealer: FleetSealer;
  readonly #fields: HashFields;

  constructor(deps: FleetPartDeps) {
    this.#deps = deps;
    this.#sealer = deps.sealer;
    this.#fields = new HashFields(deps);
  }

  /**
   * Reads the pins of these tools, in the same order, and verifies their seals. Returns null for a missing or invalid
   * pin. Invalid pins are removed.
   */
  async open(scope: string, names: readonly FleetToolName[]): Promise<(SealedPin | null)[]> {
    const key = this.#deps.keys.pins(scope);
    const fields = names.map(pinField);
    const pins: (SealedPin | null)[] = [];
    for (const [index, value] of (await this.#fields.read(key, fields, MAX_VALUE_BYTES)).entries()) {
      const [name, field] = [names[index], fields[index]];
      if (name === undefined || field === undefined) continue;
      const pin = value === null ? null : openPin(this.#sealer, key, name, value);
      if (value !== null && pin === null) await this.#fields.remove(key, field, value, 'is not a pin of this fleet');
      pins.push(pin);
    }
    return pins;
  }

  /** Reads the pins of these tools with their definitions. */
  async read(scope: string, names: readonly FleetToolName[]): Promise<(FleetPin | null)[]> {
    const sealed = await this.open(scope, names);
    const pins: (FleetPin | null)[] = [];
    for (const [index, name] of names.entries()) {
      const pin = sealed[index];
      pins.push(pin == null ? null : await this.unpack(scope, name, pin));
    }
    return pins;
  }

  /**
   * Reads the definition of a sealed pin. Removes the pin and returns null if the definition does not match its digest.
   */
  async unpack(scope: string, name: FleetToolName, sealed: SealedPin): Promise<FleetPin | null> {
    const pin = sealed.read();
    const key = this.#deps.keys.pins(scope);
    if (pin === null) await this.#fields.remove(key, pinField(name), null, 'is not a pin of this fleet');
    return pin;
  }

  /**
   * Returns the pins that the fleet has for these tools. If it has none for a tool, stores the pin in `own` and returns
   * it. `digests` are the digests of the definitions in `own`.
   */
  async pin(scope: string, own: readonly FleetPin[], digests: readonly string[]): Promise<(SealedPin | null)[]> {
    const found = await this.open(scope, own);
    const missing = own.flatMap((_, index) => (found[index] === null ? [index] : []));
    if (missing.length === 0) return found;
    const pins = missing.map((index) => own[index] as FleetPin);
    const count = await this.#putMissing(scope, pins, (at) => digests[missing[at] ?? 0]);
    // Another host may have stored some of the pins at the same time. Its pins take precedence.
    const now = count === pins.length ? null : await this.open(scope, pins);
    for (const [at, index] of missing.entries()) {
      const [pin, digest] = [own[index], digests[index]];
      if (pin !== undefined && digest !== undefined)
        found[index] = now === null ? ownSealedPin(pin, digest) : (now[at] ?? null);
    }
    return found;
  }

  /** Implements `FleetToolApi.syncPins`. */
  async sync(scope: string, own: readonly OwnPin[]): Promise<readonly FleetPin[]> {
    const key = this.#deps.keys.pins(scope);
    const heads = (await this.#fields.heads(key, own.map(pinField), HEAD_BYTES)).map((head) => readHead(head ?? ''));
    const missing: FleetPin[] = [];
    const older: FleetPin[] = [];
    const suspect: FleetToolName[] = [];
    for (const [index, mine] of own.entries()) {
      const head = heads[index];
      if (head == null) missing.push(pinOf(mine));
      else if (head.version < mine.version && mine.isApproved) older.push(pinOf(mine));
      else if (head.version > mine.version) suspect.push(mine);
      else if (head.shortSha256 !== shortDigest(pinOf(mine).definition)) suspect.push(mine);
    }
    await this.#putMissing(scope, missing);
    await this.#putApproved(scope, older);
    // Reading removes invalid pins. The next sync stores them again.
    return (await this.read(scope, suspect)).filter((pin) => pin !== null);
  }

  /** Implements `FleetToolApi.approvePins`. Rejects with FLEET_REFUSED if this host may not write. */
  async approve(scope: string, pins: readonly FleetPin[]): Promise<readonly FleetPin[]> {
    const done: FleetPin[] = [];
    let left: readonly FleetPin[] = pins;
    for (let tries = 0; left.length > 0 && tries < MAX_TRIES; tries += 1) {
      const now = await this.read(scope, left);
      const next = left.map((pin, index) => {
        const version = Math.min(MAX_VERSION, Math.max(pin.version, now[index]?.version ?? 0) + 1);
        return { ...pin, version };
      });
      const put = await this.#putApproved(scope, next);
      done.push(...next.filter((_, index) => put[index] === true));
      left = left.filter((_, index) => put[index] !== true);
    }
    return done;
  }

  /** Stores approved pins. Returns for each one whether it replaced an older pin. */
  async #putApproved(scope: string, pins: readonly FleetPin[]): Promise<boolean[]> {
    const { keys, settings } = this.#deps;
    const key = keys.pins(scope);
    const done: boolean[] = [];
    for (let from = 0; from < pins.length; from += MAX_PINS) {
      const some = pins.slice(from, from + MAX_PINS);
      const args = some.flatMap((pin) => [pinField(pin), pin.version, packPin(this.#sealer, key, pin)]);
      const reply = listOf(await this.#fields.write(PUT_APPROVED, key, keys.toolScopes, scope, ...args));
      const put = some.map((_, index) => reply[index] === 1);
      done.push(...put);
      await this.#tell(
        scope,
        some.filter((_, index) => put[index] === true),
        settings.hostId,
      );
    }
    return done;
  }

  /**
   * Stores missing pins and returns how many were added. `digestOf` returns the digest of a definition, if it is known.
   */
  async #putMissing(
    scope: string,
    pins: readonly FleetPin[],
    digestOf: (index: number) => string | undefined = () => undefined,
  ): Promise<number> {
    const { keys } = this.#deps;
    const key = keys.pins(scope);
    let count = 0;
    for (let from = 0; from < pins.length; from += MAX_PINS) {
      const fields = pins.slice(from, from + MAX_PINS).flatMap((pin, at) => {
        const value = packPin(this.#sealer, key, pin, digestOf(from + at));
        return value.length > MAX_VALUE_BYTES ? [] : [pinField(pin), value];
      });
      if (fields.length === 0) continue;
      count += Number((await this.#fields.write(PUT_MISSING, key, keys.toolScopes, scope, ...fields)) ?? 0);
    }
    return count;
  }

  async #tell(scope: string, pins: readonly FleetPin[], by: string): Promise<void> {
    const { redis, keys } = this.#deps;
    if (pins.length === 0) return;
    const tools = pins.map(({ connectorId, tool }) => [connectorId, tool]);
    await redis.command('PUBLISH', keys.pinNews, JSON.stringify({ scope, tools, by }));
    for (const { connectorId, tool, version, definition } of pins) {
      const entry = JSON.stringify({ connectorId, tool, version, sha256: toolDigest(definition), by });
      const log = ['XADD', keys.pinLog(scope), 'MAXLEN', '~', MAX_LOG, '*', 'approved', entry] as const;
      await this.#fields.attempt(() => redis.command(...log));
    }
  }
}

function pinOf({ connectorId, tool, version, definitionText, pinnedAtMs }: OwnPin): FleetPin {
  const definition = parseForeignJson(definitionText) as RemoteToolDefinition;
  return { connectorId, tool, version, definition, pinnedAtMs };
}

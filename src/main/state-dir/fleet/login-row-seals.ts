import { pack, unpack } from '../../../shared/codec.ts';
import { fleetKeys } from '../../../shared/fleet/fleet-keys.ts';
import type { LoginRow, LoginRowName, PendingLoginRecord } from '../../../shared/logins/login-records.ts';
import type { FleetLoginRow } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';

/**
 * Scope of shared logins, the same for all hosts of a fleet. Hosts with different connectors do not interfere, because
 * the name of a login is derived from its issuer, client and resource.
 */
export const LOGIN_SCOPE = 'all';

/** Version of the encrypted content. Hosts that know another version ignore such rows. */
const SHAPE = 1;

const ROW_ID = /^(binding|client|login):([0-9a-f]{64})$/;

/**
 * What a host writes to the fleet before it sends a refresh token: the generation of the login, and the id of the
 * host's store.
 */
export interface LoginIntent {
  readonly generation: number;
  readonly by: string;
}

/** Returns the id of a row in the fleet. */
export function rowIdOf({ kind, id }: LoginRowName): string {
  return `${kind}:${id}`;
}

/** Returns the name for a row id; null if the id is not that of a binding, a client or a login. */
export function rowNameOf(rowId: string): LoginRowName | null {
  const [, kind, id] = ROW_ID.exec(rowId) ?? [];
  return kind === undefined || id === undefined ? null : { kind: kind as LoginRow['kind'], id };
}

/**
 * Encrypts rows for the fleet and decrypts them. This happens on the main thread, which has the tokens anyway, so that
 * no other thread sees them. A row that was moved to another fleet, row id or generation cannot be decrypted.
 */
export class LoginRowSeals {
  readonly #sealer: Fleet['sealer'];
  readonly #key: string;
  /** The last decrypted content of each row, because most rows are read repeatedly without having changed. */
  readonly #opened = new Map<string, { readonly sealed: FleetLoginRow; readonly row: LoginRow }>();

  constructor({ id, sealer }: Pick<Fleet, 'id' | 'sealer'>) {
    this.#sealer = sealer;
    this.#key = fleetKeys(id).logins(LOGIN_SCOPE);
  }

  seal(row: LoginRow): FleetLoginRow {
    return this.#seal(rowIdOf(row), row.generation, row.value);
  }

  /**
   * Decrypts a row. Returns null if the row was not written by a host of this fleet, or if this host does not know the
   * row's secret or version.
   */
  open(sealed: FleetLoginRow): LoginRow | null {
    const { rowId, generation, bytes } = sealed;
    const known = this.#opened.get(rowId);
    if (known?.sealed.generation === generation && Buffer.compare(known.sealed.bytes, bytes) === 0) return known.row;
    const name = rowNameOf(rowId);
    const opened = name === null ? null : this.#open(sealed);
    const row = name === null || opened === null ? null : ({ ...name, generation, value: opened.value } as LoginRow);
    if (row !== null) this.#opened.set(rowId, { sealed, row });
    return row;
  }

  sealIntent(loginId: string, { generation, by }: LoginIntent): FleetLoginRow {
    return this.#seal(`intent:${loginId}`, generation, by);
  }

  openIntent(sealed: FleetLoginRow | null): LoginIntent | null {
    const opened = sealed?.rowId.startsWith('intent:') === true ? this.#open(sealed) : null;
    return sealed === null || opened === null ? null : { generation: sealed.generation, by: String(opened.value) };
  }

  sealPending(name: string, login: PendingLoginRecord): Uint8Array<ArrayBuffer> {
    return this.#seal(`pending:${name}`, 0, login).bytes;
  }

  openPending(name: string, bytes: Uint8Array<ArrayBuffer>): PendingLoginRecord | null {
    const opened = this.#open({ rowId: `pending:${name}`, generation: 0, bytes });
    return opened === null ? null : (opened.value as PendingLoginRecord);
  }

  #seal(rowId: string, generation: number, value: unknown): FleetLoginRow {
    const plain = pack({ shape: SHAPE, value });
    const bytes = Uint8Array.from(this.#sealer.seal('login', this.#placeOf(rowId, generation), plain));
    return { rowId, generation, bytes };
  }

  #open({ rowId, generation, bytes }: FleetLoginRow): { readonly value: unknown } | null {
    if (generation < 0) return null;
    const plain = this.#sealer.open('login', this.#placeOf(rowId, generation), bytes);
    if (plain === null) return null;
    const { shape, value } = unpack(plain) as { readonly shape?: unknown; readonly value?: unknown };
    return shape === SHAPE && value !== undefined ? { value } : null;
  }

  #placeOf(rowId: string, generation: number): string {
    return JSON.stringify([this.#key, rowId, generation]);
  }
}

/**
 * Returns the content of a row as a string. Equal contents give equal strings. `storeId` stands for the home of a login
 * without a home.
 */
export function contentOf({ kind, value }: LoginRow, storeId: string | null): string {
  const said = kind === 'login' && value !== null ? { ...value, home: value.home ?? storeId } : value;
  return JSON.stringify(said, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

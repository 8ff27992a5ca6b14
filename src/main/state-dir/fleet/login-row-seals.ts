import { pack, unpack } from '../../../shared/codec.ts';
import { fleetKeys } from '../../../shared/fleet/fleet-keys.ts';
import type { LoginRow, LoginRowName, PendingLoginRecord } from '../../../shared/logins/login-records.ts';
import type { FleetLoginRow } from '../../../shared/protocol/fleet/login-messages.ts';
import type { Fleet } from '../../fleet/fleet.ts';

/**
 * What the hosts have to have in common to share logins: nothing but the fleet. A login is named by its issuer, client
 * and resource, so that hosts with other connectors do not get in its way.
 */
export const LOGIN_SCOPE = 'all';

/** The shape of what a box holds; hosts of another version leave boxes of other shapes alone. */
const SHAPE = 1;

const ROW_ID = /^(binding|client|login):([0-9a-f]{64})$/;

/** Says that a refresh token may have been sent: the login's generation, and the store whose host was to send it. */
export interface LoginIntent {
  readonly generation: number;
  readonly by: string;
}

/** The name of a row in the fleet. */
export function rowIdOf({ kind, id }: LoginRowName): string {
  return `${kind}:${id}`;
}

/** The row of that name; null for the name of something else. */
export function rowNameOf(rowId: string): LoginRowName | null {
  const [, kind, id] = ROW_ID.exec(rowId) ?? [];
  return kind === undefined || id === undefined ? null : { kind: kind as LoginRow['kind'], id };
}

/**
 * Seals rows for the fleet and opens them, on this thread: it has the tokens anyway, and no other one has to see them.
 * Each row is bound to the fleet, its name and its generation.
 */
export class LoginRowSeals {
  readonly #sealer: Fleet['sealer'];
  readonly #key: string;
  /** What was opened last, by row: most rows are read again and again and stay the same. */
  readonly #opened = new Map<string, { readonly sealed: FleetLoginRow; readonly row: LoginRow }>();

  constructor({ id, sealer }: Pick<Fleet, 'id' | 'sealer'>) {
    this.#sealer = sealer;
    this.#key = fleetKeys(id).logins(LOGIN_SCOPE);
  }

  seal(row: LoginRow): FleetLoginRow {
    return this.#seal(rowIdOf(row), row.generation, row.value);
  }

  /** Null for what no host of this fleet has written there, or with a secret or a version that this one has not. */
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

/** What a row says, as text that is the same for the same content. `storeId`: the home where the row names none. */
export function contentOf({ kind, value }: LoginRow, storeId: string | null): string {
  const said = kind === 'login' && value !== null ? { ...value, home: value.home ?? storeId } : value;
  return JSON.stringify(said, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

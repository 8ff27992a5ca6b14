import type { Delta, DigestTable } from '../map/delta.ts';
import type { RawEntry, ServiceMapHeader } from '../map/service-map.ts';
import type { LoadPhases } from '../protocol/thread-messages.ts';
import type { MapSigners } from '../signatures/trust.ts';
import type { ProvenMap } from './proven-maps.ts';

/** A map that passed every check, with its differences from the map that the caller already has. */
export interface Proof {
  readonly kind: 'proof';
  readonly header: ServiceMapHeader;
  readonly generatedAtMs: number;
  readonly expiresAtMs: number;
  readonly signers: MapSigners;
  /** Entries that were added or changed, in map order. */
  readonly sent: readonly RawEntry[];
  readonly digests: DigestTable;
  readonly delta: Delta;
  readonly bodySha256: string;
  readonly phases: Omit<LoadPhases, 'fetch'>;
  /** Returns data that makes verifying the next map faster; null if there is no such data. */
  readonly trace: () => ProvenMap | null;
}

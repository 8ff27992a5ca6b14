import type { ErrorCode } from '../../../shared/error-codes.ts';

/** The key documents of a source as `status()` shows them. */
export interface KeyRingStatus {
  /** Of the newest document that is believed; 0 while the configured keys count. */
  readonly version: number;
  /** When that document expires, epoch ms; null without one. */
  readonly expiresAt: number | null;
  /**
   * Whether nothing was remembered when this process began. It then trusts its configured keys and `minVersion` alone,
   * and would not notice that documents were rolled back meanwhile.
   */
  readonly trustsConfigurationAlone: boolean;
  /** Why the newest documents are not known; null once a refresh of them succeeds. */
  readonly lastError: KeyFailure | null;
}

/** Why key documents were not followed, and since when (epoch ms). */
export interface KeyFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly at: number;
}

import type { Random } from '../../shared/clock.ts';
import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { CreateCallPermits } from '../fleet/permits/call-permits.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import type { BringUp, Relist } from './bring-up/bring-up.ts';
import type { ToolListing } from './bring-up/list-tools.ts';
import type { ConnectionFacts } from './connection/connection.ts';
import type { Transition } from './connector-state.ts';

/** What others see of a connector that tells them something. */
export interface ConnectorIdentity {
  readonly id: string;
  readonly entry: ConnectorEntry;
  /** The code of what last went wrong; null since it is up again. */
  readonly lastErrorCode: string | null;
}

/** What a connector needs from the house, and whom it tells. */
export interface ConnectorDeps {
  readonly bringUp: BringUp;
  readonly relist: Relist;
  readonly now: () => number;
  readonly random: Random;
  readonly callTimeoutMs: number;
  /** Where quotas are those of a whole fleet. */
  readonly createPermits?: CreateCallPermits | undefined;
  /** After how long a tool list that names no time of its own is read anew, drawn anew each time; null for never. */
  readonly relistAfterMs: () => number | null;
  readonly onTransition: (connector: ConnectorIdentity, transition: Transition) => void;
  /** Something is under way that `settled()` of all connectors waits for; it never rejects. */
  readonly onSettling: (settled: Promise<void>) => void;
  /**
   * The connector's tools as they are now; they stay while it is only down. Resolves when callers see them. Never
   * rejects.
   */
  readonly onTools: (
    connector: ConnectorIdentity,
    listing: Pick<ToolListing, 'tools' | 'dropped'>,
    facts: ConnectionFacts,
  ) => Promise<void>;
  /** The connector says something of its own accord, other than that its tools changed. */
  readonly onNotification?: (connector: ConnectorIdentity, method: string, params: JsonObject) => void;
  /** The connector was removed or disabled, and its tools with it. */
  readonly onToolsGone: (connector: ConnectorIdentity) => void;
  /** The tool list could not be read anew; the one in hand stays. */
  readonly onListFailed: (connector: ConnectorIdentity, error: SwitchyardError) => void;
}

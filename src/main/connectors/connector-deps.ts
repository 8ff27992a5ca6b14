import type { Random } from '../../shared/clock.ts';
import type { SwitchyardError } from '../../shared/errors.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { CreateCallPermits } from '../fleet/permits/call-permits.ts';
import type { JsonObject } from '../mcp/json-rpc.ts';
import type { BringUp, Relist } from './bring-up/bring-up.ts';
import type { ToolListing } from './bring-up/list-tools.ts';
import type { ConnectionFacts } from './connection/connection.ts';
import type { Transition } from './connector-state.ts';

/** The facts about a connector that callbacks receive. */
export interface ConnectorIdentity {
  readonly id: string;
  readonly entry: ConnectorEntry;
  /** Code of the last error; null once the connector is up again. */
  readonly lastErrorCode: string | null;
}

/** Dependencies of a connector, and the callbacks that it calls. */
export interface ConnectorDeps {
  readonly bringUp: BringUp;
  readonly relist: Relist;
  readonly now: () => number;
  readonly random: Random;
  readonly callTimeoutMs: number;
  /** Creates the permits for quotas that a whole fleet shares. */
  readonly createPermits?: CreateCallPermits | undefined;
  /**
   * Returns the delay after which a tool list is read again if the server gave it no TTL; null for never. The delay is
   * drawn at random for each read.
   */
  readonly relistAfterMs: () => number | null;
  readonly onTransition: (connector: ConnectorIdentity, transition: Transition) => void;
  /** Called with work that `settled()` of the connector set has to wait for. The promise never rejects. */
  readonly onSettling: (settled: Promise<void>) => void;
  /**
   * Called with the connector's current tools. While the connector is down, its last tools remain listed. Resolves when
   * callers see the tools. Never rejects.
   */
  readonly onTools: (
    connector: ConnectorIdentity,
    listing: Pick<ToolListing, 'tools' | 'dropped'>,
    facts: ConnectionFacts,
  ) => Promise<void>;
  /** Called with a notification from the server, except the notification that its tools changed. */
  readonly onNotification?: (connector: ConnectorIdentity, method: string, params: JsonObject) => void;
  /** Called when the connector was removed or disabled. Its tools must no longer be listed. */
  readonly onToolsGone: (connector: ConnectorIdentity) => void;
  /** Called when the tool list could not be read again. The current list stays in use. */
  readonly onListFailed: (connector: ConnectorIdentity, error: SwitchyardError) => void;
}

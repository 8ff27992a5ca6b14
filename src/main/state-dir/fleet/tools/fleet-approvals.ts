import type { FleetPin } from '../../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin } from '../../../../shared/tools/compare-pin.ts';
import type { ConnectorRecord, ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { OwnToolMemory } from '../../tool-memory.ts';
import type { FleetPinBook } from './fleet-pin-book.ts';
import { quietly } from './quietly.ts';

export interface FleetApprovalsDeps {
  readonly fleet: Pick<Fleet, 'ask'>;
  readonly own: OwnToolMemory;
  readonly book: FleetPinBook;
  readonly logger: Logger;
  readonly now: () => number;
  readonly scopeOf: (connectorId: string) => string | null;
  /** Returns the newest list of a connector; undefined if the connector has not listed its tools. */
  readonly current: (connectorId: string) => ConnectorRecord | undefined;
  /** Called when pins changed, so that the tools must be compared again. */
  readonly onPins: () => void;
  /**
   * Called when a connector's list differs from the approved list, so that the connector is asked again. `digest`
   * identifies the change, and each change causes only one read.
   */
  readonly relist: (connectorId: string, digest: string) => void;
}

/** Handles approvals of tools in a fleet, by this host and by other hosts. */
export class FleetApprovals {
  readonly #deps: FleetApprovalsDeps;

  constructor(deps: FleetApprovalsDeps) {
    this.#deps = deps;
  }

  /**
   * Approves the present definitions of these tools. The approval applies on this host immediately, and on the other
   * hosts as soon as the Redis server is reachable.
   */
  async approve(changes: readonly ToolPinDetail[]): Promise<void> {
    const { book, now, scopeOf } = this.#deps;
    const pins = changes.map(({ connectorId, tool, current }): FleetPin => {
      const version = book.versionOf(connectorId, tool) + 1;
      return { connectorId, tool, version, definition: current, pinnedAtMs: Math.floor(now()) };
    });
    await this.take(pins);
    for (const [scope, some] of Map.groupBy(pins, ({ connectorId }) => scopeOf(connectorId)))
      if (scope !== null) await this.#publish(scope, some);
  }

  /**
   * Stores these approved pins as pins of this host. If the list of a connector differs from them, asks the connector
   * for its tools again.
   */
  async take(pins: readonly FleetPin[]): Promise<void> {
    const { own, book, logger, onPins, relist } = this.#deps;
    if (pins.length === 0) return;
    for (const { connectorId, tool, version } of pins) book.taken(connectorId, tool, version);
    await own.repin(pins);
    for (const pin of pins) {
      const { connectorId, tool, version } = pin;
      logger.info({ event: 'tool-approved', connectorId, tool, version }, 'A tool was approved for the fleet');
      if (!this.#isListed(pin)) relist(connectorId, `approved ${tool} ${version}`);
    }
    onPins();
  }

  /** Whether the newest list of a connector contains a tool as it was approved. */
  #isListed(pin: FleetPin): boolean {
    const listed = this.#deps.current(pin.connectorId)?.tools.find(({ definition }) => definition.name === pin.tool);
    return listed !== undefined && comparePin(pin, listed.definition) === null;
  }

  async #publish(scope: string, pins: readonly FleetPin[]): Promise<void> {
    const { fleet, own, book, logger } = this.#deps;
    // The fleet thread stores each pin with the next version after this one, or after the fleet's version if that is
    // higher.
    const before = pins.map((pin) => ({ ...pin, version: pin.version - 1 }));
    const done = (await quietly(fleet.ask((api) => api.approvePins(scope, before)))) ?? [];
    await own.repin(done);
    for (const { connectorId, tool, version } of done) book.taken(connectorId, tool, version);
    if (done.length < pins.length)
      logger.warn(
        { event: 'tool-approval-kept', count: pins.length - done.length },
        'An approval of tools only applies to this host for now, because the fleet could not store it',
      );
  }
}

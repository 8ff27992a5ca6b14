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
  /** What a connector lists now. */
  readonly current: (connectorId: string) => ConnectorRecord | undefined;
  /** Pins are others than they were: the tools are to be judged anew. */
  readonly onPins: () => void;
  /** A connector lists something else than was approved. `digest` names what it should list. */
  readonly relist: (connectorId: string, digest: string) => void;
}

/** Approvals of a fleet: those that are made here, and those that others made. */
export class FleetApprovals {
  readonly #deps: FleetApprovalsDeps;

  constructor(deps: FleetApprovalsDeps) {
    this.#deps = deps;
  }

  /**
   * Takes the present definitions of these for the right ones: on this host at once, on the others where the server is
   * there, or once it is back.
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

  /** Makes these this host's own pins. A connector that lists something else by now is asked again. */
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

  /** Whether a connector lists a tool as it was approved. */
  #isListed(pin: FleetPin): boolean {
    const listed = this.#deps.current(pin.connectorId)?.tools.find(({ definition }) => definition.name === pin.tool);
    return listed !== undefined && comparePin(pin, listed.definition) === null;
  }

  async #publish(scope: string, pins: readonly FleetPin[]): Promise<void> {
    const { fleet, own, book, logger } = this.#deps;
    // The thread counts on from what it is given, or from the fleet's version where that is higher.
    const before = pins.map((pin) => ({ ...pin, version: pin.version - 1 }));
    const done = (await quietly(fleet.ask((api) => api.approvePins(scope, before)))) ?? [];
    await own.repin(done);
    for (const { connectorId, tool, version } of done) book.taken(connectorId, tool, version);
    if (done.length < pins.length)
      logger.warn(
        { event: 'tool-approval-kept', count: pins.length - done.length },
        'An approval of tools holds on this host alone for now: the fleet cannot take it',
      );
  }
}

import { nextTurn } from '../../shared/clock.ts';
import { comparePin, pinnedPart } from '../../shared/tools/compare-pin.ts';
import type {
  ApprovedPin,
  ConnectorRecord,
  OwnPin,
  PinChoice,
  RememberedConnector,
  ToolPin,
  ToolPinChange,
  ToolPinDetail,
} from '../../shared/tools/tool-records.ts';
import { PinBook } from './pin-book.ts';

/**
 * The tools of connectors and their pins, kept across restarts. Nothing here rejects. If the disk fails, tools and pins
 * are only kept until this process ends.
 */
export interface ToolMemory {
  /**
   * Passes to `take` every connector of an earlier run, starting with the connectors in the start image. Must only be
   * called once.
   */
  restore(take: (connector: RememberedConnector) => void): Promise<void>;
  /** Stores the list of a connector. Resolves with the differences from its pins. */
  remember(record: ConnectorRecord): Promise<readonly ToolPinChange[]>;
  /** Forgets a connector that was removed or disabled. */
  forget(connectorId: string): void;
  /** Resolves with all tools that currently differ from their pins. */
  changes(): Promise<readonly ToolPinDetail[]>;
  /**
   * Approves the present definitions of the chosen tools, or of all tools if `choices` is null. Resolves with the
   * approved tools.
   */
  approve(choices: readonly PinChoice[] | null): Promise<readonly ToolPinChange[]>;
}

/** The memory of a single host, with the functions for pins that a fleet needs. */
export interface OwnToolMemory extends ToolMemory {
  /**
   * Does the same as {@link ToolMemory.remember}, but returns each difference with the pinned and the present
   * definition.
   */
  remember(record: ConnectorRecord): Promise<readonly ToolPinDetail[]>;
  /**
   * Returns this host's pins, a few connectors at a time. With `approved`, returns only pins that come from approvals
   * in the fleet.
   */
  ownPins(which: 'approved' | 'all'): AsyncIterable<readonly OwnPin[]>;
  /** Adds pins of tools that another host saw first. Existing pins stay. */
  adopt(pins: readonly ToolPin[]): Promise<void>;
  /** Replaces pins by approved ones, except where the same or a newer approval was applied before. */
  repin(pins: readonly ApprovedPin[]): Promise<void>;
}

/** Creates the memory of a manager without a state folder. */
export function createVolatileToolMemory(isPinned: boolean, now: () => number): OwnToolMemory {
  const book = new PinBook();
  const versions = new PinVersions();
  return {
    restore: () => Promise.resolve(),
    remember: (record) => Promise.resolve(isPinned ? book.check(record) : []),
    forget: (connectorId) => book.forget(connectorId),
    changes: () => Promise.resolve(book.changes()),
    approve: (choices) => Promise.resolve(book.approve(choices, now())),
    ownPins: (which) => (which === 'all' ? versions.pinsOf(book) : nothing()),
    adopt: async (pins) => book.adopt(pins),
    repin: async (pins) => book.repin(versions.take(pins)),
  };
}

/** Yields nothing, because a process that starts without a state folder has not applied any approvals. */
async function* nothing(): AsyncGenerator<readonly OwnPin[]> {}

/** The approvals of the fleet that a process without a state folder has applied. */
class PinVersions {
  readonly #approved = new Map<string, ApprovedPin>();

  /** Records these approvals. Returns the approvals that are newer than the recorded ones. */
  take(pins: readonly ApprovedPin[]): readonly ApprovedPin[] {
    const newer = pins.filter((pin) => pin.version > (this.#approved.get(nameOf(pin))?.version ?? 0));
    for (const pin of newer) this.#approved.set(nameOf(pin), pin);
    return newer;
  }

  async *pinsOf(book: PinBook): AsyncGenerator<readonly OwnPin[]> {
    for (const connectorId of book.connectorIds) {
      yield book.pinsOf(connectorId).map((pin) => {
        const approved = this.#approved.get(nameOf(pin));
        const { definition, pinnedAtMs } = pin;
        return {
          ...{ connectorId, tool: definition.name, pinnedAtMs, definitionText: JSON.stringify(pinnedPart(definition)) },
          version: approved?.version ?? 0,
          isApproved: approved !== undefined && comparePin(approved, definition) === null,
        };
      });
      await nextTurn();
    }
  }
}

function nameOf({ connectorId, definition }: ToolPin): string {
  return JSON.stringify([connectorId, definition.name]);
}

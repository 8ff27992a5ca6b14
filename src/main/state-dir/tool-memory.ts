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
 * The remembered tools of connectors, and their pins. Nothing here rejects: if the disk fails, only this process
 * remembers the tools and pins.
 */
export interface ToolMemory {
  /** Passes every remembered connector to `take`, the connectors of the start image first. Call it once. */
  restore(take: (connector: RememberedConnector) => void): Promise<void>;
  /** Stores the list of a connector. Resolves with the differences from its pins. */
  remember(record: ConnectorRecord): Promise<readonly ToolPinChange[]>;
  /** Forgets a connector that was removed or disabled. */
  forget(connectorId: string): void;
  /** Resolves with all tools that differ from their pins now. */
  changes(): Promise<readonly ToolPinDetail[]>;
  /** Approves the chosen present definitions, or all present definitions for null. Resolves with the approved tools. */
  approve(choices: readonly PinChoice[] | null): Promise<readonly ToolPinChange[]>;
}

/** The memory of one host, with the pins that a fleet needs. */
export interface OwnToolMemory extends ToolMemory {
  /** As {@link ToolMemory.remember}, but each difference comes with the pinned and the present definition. */
  remember(record: ConnectorRecord): Promise<readonly ToolPinDetail[]>;
  /** Returns this host's pins, a few connectors at a time: all, or only the pins that the fleet approved. */
  ownPins(which: 'approved' | 'all'): AsyncIterable<readonly OwnPin[]>;
  /** Pins tools as another host saw them first, unless they are already pinned. */
  adopt(pins: readonly ToolPin[]): Promise<void>;
  /** Replaces pins by these approved ones, unless an approval of the same or a newer version was taken before. */
  repin(pins: readonly ApprovedPin[]): Promise<void>;
}

/** Creates the memory of a manager without a folder. */
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

/** Yields nothing: a process that starts without a folder has taken no approvals. */
async function* nothing(): AsyncGenerator<readonly OwnPin[]> {}

/** The approvals of the fleet that a process without a folder has taken. */
class PinVersions {
  readonly #approved = new Map<string, ApprovedPin>();

  /** Takes these approvals. Returns the ones that are newer than the approvals taken before. */
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

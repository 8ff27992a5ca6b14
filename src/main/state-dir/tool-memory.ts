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

/** What is remembered of the connectors' tools, and how they were first seen. Nothing here rejects: where the disk fails, this process remembers. */
export interface ToolMemory {
  /** Gives every connector that is remembered, what the start image has first. Once. */
  restore(take: (connector: RememberedConnector) => void): Promise<void>;
  /** Keeps what a connector listed; what of it differs from its pin. */
  remember(record: ConnectorRecord): Promise<readonly ToolPinChange[]>;
  /** A connector is no more, or disabled. */
  forget(connectorId: string): void;
  /** Everything that differs from its pin now. */
  changes(): Promise<readonly ToolPinDetail[]>;
  /** Takes present definitions for the right ones, all of them for null; those that it did. */
  approve(choices: readonly PinChoice[] | null): Promise<readonly ToolPinChange[]>;
}

/** The memory of one host, with what a fleet has to know of its pins. */
export interface OwnToolMemory extends ToolMemory {
  /** With both definitions. */
  remember(record: ConnectorRecord): Promise<readonly ToolPinDetail[]>;
  /** This host's pins, some connectors at a time; those alone that the fleet approved, or all. */
  ownPins(which: 'approved' | 'all'): AsyncIterable<readonly OwnPin[]>;
  /** Pins tools as another host saw them first, unless they are pinned. */
  adopt(pins: readonly ToolPin[]): Promise<void>;
  /** Makes these the pins, unless an approval of the same version or a newer one was taken. */
  repin(pins: readonly ApprovedPin[]): Promise<void>;
}

/** The memory of a manager without a folder. */
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

/** A process that starts without a folder has taken no approvals. */
async function* nothing(): AsyncGenerator<readonly OwnPin[]> {}

/** Which approvals of the fleet a process without a folder has taken. */
class PinVersions {
  readonly #approved = new Map<string, ApprovedPin>();

  /** Those of these that are newer than what was taken. */
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

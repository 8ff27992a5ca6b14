import type {
  ConnectorRecord,
  PinChoice,
  RememberedConnector,
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

/** The memory of a manager without a folder. */
export function createVolatileToolMemory(isPinned: boolean, now: () => number): ToolMemory {
  const book = new PinBook();
  return {
    restore: () => Promise.resolve(),
    remember: (record) => Promise.resolve(isPinned ? book.check(record) : []),
    forget: (connectorId) => book.forget(connectorId),
    changes: () => Promise.resolve(book.changes()),
    approve: (choices) => Promise.resolve(book.approve(choices, now())),
  };
}

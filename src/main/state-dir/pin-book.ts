import { comparePin, isSameChange } from '../../shared/tools/compare-pin.ts';
import type {
  ConnectorRecord,
  PinChoice,
  ToolPin,
  ToolPinChange,
  ToolPinDetail,
} from '../../shared/tools/tool-records.ts';

/**
 * The pins that this process knows. They are used if there is no store, or while the store fails. They are also written
 * into a store that replaces another store.
 */
export class PinBook {
  readonly #pins = new Map<string, ReadonlyMap<string, ToolPin>>();
  readonly #current = new Map<string, ConnectorRecord>();

  /** Pins the tools of a connector that have no pin yet. Returns the tools that differ from their pins. */
  check(record: ConnectorRecord): ToolPinDetail[] {
    const { connectorId, tools, listedAtMs } = record;
    const pins = new Map(this.#pins.get(connectorId));
    for (const { definition } of tools)
      if (!pins.has(definition.name)) pins.set(definition.name, { connectorId, definition, pinnedAtMs: listedAtMs });
    this.#pins.set(connectorId, pins);
    this.#current.set(connectorId, record);
    return this.#compare(record);
  }

  /**
   * Learns the pins of a connector from the result of a store. Tools in `changes` differ from their pins, and all other
   * tools match.
   */
  learn(record: ConnectorRecord, changes: readonly ToolPinDetail[]): void {
    const { connectorId, tools, listedAtMs } = record;
    const pins = new Map(this.#pins.get(connectorId));
    for (const { definition } of tools) {
      const known = pins.get(definition.name);
      const isAsKnown = known !== undefined && comparePin(known, definition) === null;
      const pinnedAtMs = isAsKnown ? known.pinnedAtMs : listedAtMs;
      pins.set(definition.name, { connectorId, definition, pinnedAtMs });
    }
    for (const { tool, pinned, pinnedAtMs } of changes) pins.set(tool, { connectorId, definition: pinned, pinnedAtMs });
    this.#pins.set(connectorId, pins);
    this.#current.set(connectorId, record);
  }

  /** The ids of all connectors with a pin, including removed connectors. */
  get connectorIds(): readonly string[] {
    return [...this.#pins.keys()];
  }

  /** Returns the pins of a connector's tools. */
  pinsOf(connectorId: string): ToolPin[] {
    return [...(this.#pins.get(connectorId)?.values() ?? [])];
  }

  /** Pins these tools, unless they are already pinned. */
  adopt(pins: readonly ToolPin[]): void {
    const isPinned = ({ connectorId, definition }: ToolPin): boolean =>
      this.#pins.get(connectorId)?.has(definition.name) === true;
    this.repin(pins.filter((pin) => !isPinned(pin)));
  }

  /** Replaces the pins of these tools. */
  repin(pins: readonly ToolPin[]): void {
    for (const pin of pins) {
      const { connectorId, definition } = pin;
      this.#pins.set(connectorId, new Map([...(this.#pins.get(connectorId) ?? []), [definition.name, pin]]));
    }
  }

  /** Forgets which tools a connector lists. Its pins stay. */
  forget(connectorId: string): void {
    this.#current.delete(connectorId);
  }

  changes(): ToolPinDetail[] {
    return [...this.#current.values()].flatMap((record) => this.#compare(record));
  }

  /**
   * Approves the present definitions of these tools, or of all tools if `choices` is null. Returns the approved tools.
   */
  approve(choices: readonly PinChoice[] | null, nowMs: number): ToolPinChange[] {
    const isChosen = (change: ToolPinChange): boolean =>
      choices?.some((choice) => isSameChange(choice, change)) ?? true;
    const approved = this.changes().filter(isChosen);
    for (const { connectorId, tool, current } of approved) {
      const pin = { connectorId, definition: current, pinnedAtMs: nowMs };
      this.#pins.set(connectorId, new Map([...(this.#pins.get(connectorId) ?? []), [tool, pin]]));
    }
    return approved;
  }

  #compare({ connectorId, tools }: ConnectorRecord): ToolPinDetail[] {
    const pins = this.#pins.get(connectorId);
    return tools.flatMap(({ definition }) => {
      const pin = pins?.get(definition.name);
      return (pin === undefined ? null : comparePin(pin, definition)) ?? [];
    });
  }
}

import {
  pinnedDifferences,
  pinnedPart,
  type RemoteToolDefinition,
  toolDigest,
} from '../../shared/tools/tool-definition.ts';
import type {
  ConnectorRecord,
  PinChoice,
  ToolPin,
  ToolPinChange,
  ToolPinDetail,
} from '../../shared/tools/tool-records.ts';
import { isSameChange } from '../../shared/tools/tool-records.ts';

interface Pin {
  readonly definition: RemoteToolDefinition;
  readonly pinnedAtMs: number;
}

/**
 * How each tool was first seen, as far as this process knows: what tools are compared with where there is no store, or as long as it fails, and what goes into
 * a store that takes the place of another.
 */
export class PinBook {
  readonly #pins = new Map<string, ReadonlyMap<string, Pin>>();
  readonly #current = new Map<string, ConnectorRecord>();

  /** Pins what is new; what of this connector differs from its pin. */
  check(record: ConnectorRecord): ToolPinChange[] {
    const { connectorId, tools, listedAtMs } = record;
    const pins = new Map(this.#pins.get(connectorId));
    for (const { definition } of tools)
      if (!pins.has(definition.name)) pins.set(definition.name, { definition, pinnedAtMs: listedAtMs });
    this.#pins.set(connectorId, pins);
    this.#current.set(connectorId, record);
    return this.#compare(record).map(({ pinned: _pinned, current: _current, ...change }) => change);
  }

  /** Takes over what a store says of a connector's tools: these differ from their pins, all others are as they are pinned. */
  learn(record: ConnectorRecord, changes: readonly ToolPinDetail[]): void {
    const { connectorId, tools, listedAtMs } = record;
    const pins = new Map(this.#pins.get(connectorId));
    for (const { definition } of tools) {
      const known = pins.get(definition.name);
      const isAsKnown = known !== undefined && pinnedDifferences(known.definition, definition).length === 0;
      pins.set(definition.name, { definition, pinnedAtMs: isAsKnown ? known.pinnedAtMs : listedAtMs });
    }
    for (const { tool, pinned, pinnedAtMs } of changes) pins.set(tool, { definition: pinned, pinnedAtMs });
    this.#pins.set(connectorId, pins);
    this.#current.set(connectorId, record);
  }

  /** Connectors with a pin, those that are no more too. */
  get connectorIds(): readonly string[] {
    return [...this.#pins.keys()];
  }

  /** How the tools of a connector were first seen. */
  pinsOf(connectorId: string): ToolPin[] {
    return [...(this.#pins.get(connectorId)?.values() ?? [])].map((pin) => ({ connectorId, ...pin }));
  }

  /** The tools of a connector are no longer listed. Its pins stay. */
  forget(connectorId: string): void {
    this.#current.delete(connectorId);
  }

  changes(): ToolPinDetail[] {
    return [...this.#current.values()].flatMap((record) => this.#compare(record));
  }

  /** Takes the present definitions of these tools, or of all (null), for the right ones. */
  approve(choices: readonly PinChoice[] | null, nowMs: number): ToolPinChange[] {
    const isChosen = (change: ToolPinChange): boolean =>
      choices?.some((choice) => isSameChange(choice, change)) ?? true;
    const approved = this.changes().filter(isChosen);
    for (const { connectorId, tool, current } of approved) {
      const pin = { definition: current, pinnedAtMs: nowMs };
      this.#pins.set(connectorId, new Map([...(this.#pins.get(connectorId) ?? []), [tool, pin]]));
    }
    return approved;
  }

  #compare({ connectorId, tools }: ConnectorRecord): ToolPinDetail[] {
    return tools.flatMap(({ definition }) => {
      const pin = this.#pins.get(connectorId)?.get(definition.name);
      const members = pin === undefined ? [] : pinnedDifferences(pin.definition, definition);
      if (pin === undefined || members.length === 0) return [];
      const [pinned, current] = [pinnedPart(pin.definition), pinnedPart(definition)];
      const digests = { pinnedSha256: toolDigest(pinned), sha256: toolDigest(current) };
      const { pinnedAtMs } = pin;
      return [{ connectorId, tool: definition.name, members, pinnedAtMs, ...digests, pinned, current }];
    });
  }
}

import type { PinChoice, ToolPinChange } from '../../shared/tools/tool-records.ts';
import { recordToolChange } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';
import type { PinPolicy } from '../options/option-checks.ts';
import { publicToolId } from './tool-info.ts';

/** A tool whose definition differs from the definition that was first seen or last approved. */
export interface ChangedTool {
  /** The full name of the tool: `<connectorId>.<toolName>`. */
  readonly name: string;
  readonly connectorId: string;
  /** The fields that differ: `name`, `title`, `description`, `inputSchema`, `outputSchema`, `annotations`. */
  readonly members: readonly string[];
  /** SHA-256 (hex) of the canonical form of the fields above, as they were pinned and as they are now. */
  readonly pinnedSha256: string;
  readonly sha256: string;
  /** When the tool was pinned, in epoch milliseconds. */
  readonly pinnedAt: number;
  /** Whether the tool is neither listed nor callable until it is approved. */
  readonly isQuarantined: boolean;
}

export interface ToolPinsDeps {
  readonly policy: PinPolicy;
  readonly logger: Logger;
  readonly onChanged: (tool: ChangedTool) => void;
}

/** Tools that differ from their pins. Each new difference is reported once. */
export class ToolPins {
  readonly #deps: ToolPinsDeps;
  readonly #byConnector = new Map<string, ReadonlyMap<string, ToolPinChange>>();
  /** The digest that was reported last, for each tool that has ever differed from its pin. */
  readonly #told = new Map<string, string>();

  constructor(deps: ToolPinsDeps) {
    this.#deps = deps;
  }

  get policy(): PinPolicy {
    return this.#deps.policy;
  }

  /** Records the current differences of a connector's tools. Returns whether the set of quarantined tools changed. */
  note(connectorId: string, changes: readonly ToolPinChange[]): boolean {
    const before = this.#quarantined(connectorId);
    if (changes.length === 0) this.#byConnector.delete(connectorId);
    else this.#byConnector.set(connectorId, new Map(changes.map((change) => [change.tool, change])));
    for (const change of changes) this.#tell(change);
    return before.join() !== this.#quarantined(connectorId).join();
  }

  /** Connectors with a tool that differs from its pin. */
  get connectorIds(): readonly string[] {
    return [...this.#byConnector.keys()];
  }

  isQuarantined(connectorId: string, remoteName: string): boolean {
    return this.#deps.policy === 'quarantine' && this.#byConnector.get(connectorId)?.has(remoteName) === true;
  }

  /** Returns the tool with this id if it differs from its pin. */
  find(name: string): ChangedTool | undefined {
    return this.list().find((tool) => tool.name === name);
  }

  /** Returns the tools among `names` that differ from their pins. */
  choices(names: readonly string[]): PinChoice[] {
    const all = [...this.#byConnector.values()].flatMap((changes) => [...changes.values()]);
    return all.filter((change) => names.includes(this.#view(change).name));
  }

  list(): ChangedTool[] {
    return [...this.#byConnector.values()].flatMap((changes) =>
      [...changes.values()].map((change) => this.#view(change)),
    );
  }

  #quarantined(connectorId: string): readonly string[] {
    return this.#deps.policy === 'quarantine' ? [...(this.#byConnector.get(connectorId)?.keys() ?? [])] : [];
  }

  #tell(change: ToolPinChange): void {
    const id = JSON.stringify([change.connectorId, change.tool]);
    if (this.#told.get(id) === change.sha256) return;
    this.#told.set(id, change.sha256);
    const tool = this.#view(change);
    const { name, connectorId, members, isQuarantined } = tool;
    recordToolChange(this.#deps.policy);
    const effect = isQuarantined ? '; it is unlisted until it is approved' : '';
    this.#deps.logger.warn(
      { event: 'tool-definition-changed', tool: name, connectorId, members, isQuarantined },
      `Tool ${name} has changed since it was first seen (${members.join(', ')})${effect}`,
    );
    this.#deps.onChanged(tool);
  }

  #view({ connectorId, tool, members, pinnedSha256, sha256, pinnedAtMs }: ToolPinChange): ChangedTool {
    const isQuarantined = this.#deps.policy === 'quarantine';
    const name = publicToolId(connectorId, tool);
    return { name, connectorId, members, pinnedSha256, sha256, pinnedAt: pinnedAtMs, isQuarantined };
  }
}

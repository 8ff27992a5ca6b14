import { isDeepStrictEqual } from 'node:util';
import { toolId } from '../../shared/tools/tool-id.ts';
import type { Logger } from '../observability/logger.ts';
import { ReservedIds } from './reserved-ids.ts';
import { SortedTools } from './sorted-tools.ts';
import type { ToolInfo } from './tool-info.ts';

/** The changes of a connector's tools, as lists of tool ids. */
export interface ToolChange {
  readonly connectorId: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /**
   * The parts that differ, for each changed tool: fields of its definition (`description`, `inputSchema`, …), `tags` or
   * `author`.
   */
  readonly how: Readonly<Record<string, readonly string[]>>;
}

/** What happened to the tool that callers see under an id, after a connector claimed or released this id. */
type Effect =
  | { readonly kind: 'added' | 'removed' }
  | { readonly kind: 'changed'; readonly members: readonly string[] };

/** A listener that keeps another list of tools up to date, such as the host's registry. */
export interface ToolFollower {
  /** Called when a tool was added, or when its definition, tags or author changed. */
  listed(tool: ToolInfo): void;
  unlisted(name: string): void;
}

export interface ToolStoreDeps {
  readonly logger: Logger;
  readonly onChange: (change: ToolChange) => void;
  /** Whether a connector with this id exists, even if it is not connected. */
  readonly isKnown: (connectorId: string) => boolean;
}

/**
 * The tools of all connectors by id. Connector ids may contain dots, so two connectors can claim the same tool id. Such
 * an id belongs to the known connector with the longest id, even if another connector claimed it first, and even if the
 * owner has not listed its tools yet. When the owner is removed, the id goes to the next connector that claims it.
 */
export class ToolStore {
  readonly #deps: ToolStoreDeps;
  /** The tools that claim each id. The tool of the connector with the longest id comes first. */
  readonly #claims = new Map<string, readonly ToolInfo[]>();
  /** The tools that callers see, by id. */
  readonly #given = new Map<string, ToolInfo>();
  readonly #reserved: ReservedIds;
  /** Ids that are not listed, because the connector that they belong to has no such tool. */
  readonly #withheld = new Set<string>();
  readonly #idsByConnector = new Map<string, readonly string[]>();
  readonly #sorted = new SortedTools((id) => this.get(id));
  readonly #followers: ToolFollower[] = [];

  constructor(deps: ToolStoreDeps) {
    this.#deps = deps;
    this.#reserved = new ReservedIds(deps.isKnown);
  }

  /**
   * Notifies `follower` of each tool that is added, changed or removed after this call. Each notification comes before
   * the call to `onChange`.
   */
  follow(follower: ToolFollower): void {
    this.#followers.push(follower);
  }

  get(name: string): ToolInfo | undefined {
    return this.#given.get(name);
  }

  get size(): number {
    return this.#given.size;
  }

  /** Returns all tools, ordered by id. */
  list(): readonly ToolInfo[] {
    return this.#sorted.list();
  }

  /**
   * Sets the tools of a connector. Only changes the tools that differ, and reports all changes in one call to
   * `onChange`.
   */
  replace(connectorId: string, tools: readonly ToolInfo[]): void {
    const next = this.#byName(tools);
    const change = { added: [] as string[], changed: [] as string[], removed: [] as string[] };
    const how = new Map<string, readonly string[]>();
    for (const id of new Set([...next.keys(), ...(this.#idsByConnector.get(connectorId) ?? [])])) {
      // The tool is marked even without a change, because it may no longer be stale.
      this.#sorted.touch(id);
      const effect = this.#claim(id, connectorId, next.get(id));
      if (effect === null) continue;
      change[effect.kind].push(id);
      if (effect.kind === 'changed') how.set(id, effect.members);
    }
    if (next.size === 0) this.#idsByConnector.delete(connectorId);
    else this.#idsByConnector.set(connectorId, [...next.keys()]);
    if (change.added.length + change.changed.length + change.removed.length === 0) return;
    this.#deps.onChange({ connectorId, ...change, how: Object.fromEntries(how) });
  }

  /** Reassigns ids after these connectors were added or removed. */
  reconsider(connectorIds: readonly string[]): void {
    for (const [claimant, ids] of this.#reserved.under(connectorIds)) {
      const change = { added: [] as string[], changed: [] as string[], removed: [] as string[] };
      for (const id of ids) {
        const effect = this.#give(id);
        if (effect === null) continue;
        this.#sorted.touch(id);
        change[effect.kind].push(id);
      }
      if (change.added.length + change.changed.length + change.removed.length > 0)
        this.#deps.onChange({ connectorId: claimant, ...change, how: {} });
    }
  }

  /**
   * Returns the tools of one connector by id. If an alias equals the real name of another tool, the id belongs to the
   * tool with the real name.
   */
  #byName(tools: readonly ToolInfo[]): ReadonlyMap<string, ToolInfo> {
    const byName = new Map<string, ToolInfo>();
    for (const tool of tools) {
      const other = byName.get(tool.name);
      if (other !== undefined) {
        const named = [other, tool].map(({ definition }) => definition.name);
        this.#deps.logger.warn(
          { event: 'tool-collision', tool: tool.name, connectors: [tool.connectorId], named },
          `Tools ${named.join(' and ')} of connector ${tool.connectorId} share one name. ` +
            'Only the tool that has this name at its connector is listed',
        );
      }
      if (other === undefined || tool.name === toolId(tool.connectorId, tool.definition.name))
        byName.set(tool.name, tool);
    }
    return byName;
  }

  /**
   * Adds or removes the claim of a connector on an id. Returns the change that callers see, or null if they see none.
   */
  #claim(id: string, connectorId: string, tool: ToolInfo | undefined): Effect | null {
    const others = (this.#claims.get(id) ?? []).filter((claim) => claim.connectorId !== connectorId);
    const claims =
      tool === undefined ? others : [...others, tool].sort((a, b) => b.connectorId.length - a.connectorId.length);
    if (claims.length === 0) this.#claims.delete(id);
    else this.#claims.set(id, claims);
    if (tool === undefined) this.#reserved.forget(id, connectorId);
    else this.#reserved.note(id, connectorId);
    if (tool !== undefined && claims.length > 1) this.#warnCollision(id, claims);
    return this.#give(id);
  }

  /**
   * Assigns an id to the connector that it belongs to, if that connector claims it. Returns the change that callers
   * see, or null if they see none.
   */
  #give(id: string): Effect | null {
    const before = this.#given.get(id);
    const first = this.#claims.get(id)?.[0];
    const after = first === undefined || this.#reserved.isOthers(id, first.connectorId) ? undefined : first;
    this.#noteWithheld(id, after === undefined ? first : undefined);
    if (after === undefined) {
      if (before === undefined) return null;
      this.#given.delete(id);
      for (const follower of this.#followers) follower.unlisted(id);
      return { kind: 'removed' };
    }
    this.#given.set(id, after);
    const members = before === undefined ? [] : differences(before, after);
    // A tool that now belongs to another connector is treated as changed, even if its definition is the same.
    const isMoved = before !== undefined && before.connectorId !== after.connectorId;
    if (before !== undefined && members.length === 0 && !isMoved) return null;
    for (const follower of this.#followers) follower.listed(after);
    return before === undefined ? { kind: 'added' } : { kind: 'changed', members };
  }

  #warnCollision(tool: string, claims: readonly ToolInfo[]): void {
    const connectors = claims.map(({ connectorId }) => connectorId);
    this.#deps.logger.warn(
      { event: 'tool-collision', tool, connectors },
      `Tool ${tool} is offered by ${connectors.join(', ')}. Only the tool of the first connector is listed`,
    );
  }

  /** Logs a warning about a tool that is not listed. Does not warn again until the tool was listed or removed. */
  #noteWithheld(id: string, tool: ToolInfo | undefined): void {
    if (tool === undefined) this.#withheld.delete(id);
    if (tool === undefined || this.#withheld.has(id)) return;
    this.#withheld.add(id);
    const { name, connectorId } = tool;
    this.#deps.logger.warn(
      { event: 'tool-collision', tool: name, connectors: [connectorId] },
      `Tool ${name} of connector ${connectorId} is not listed, as its name belongs to a connector with a longer id`,
    );
  }
}

/** Returns the names of the parts in which two tools differ. */
function differences(before: ToolInfo, after: ToolInfo): string[] {
  if (before === after) return [];
  const [a, b] = [comparable(before), comparable(after)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !isDeepStrictEqual(a[name], b[name]));
}

function comparable({ tags, author, definition }: ToolInfo): Readonly<Record<string, unknown>> {
  return { ...definition, tags, author };
}

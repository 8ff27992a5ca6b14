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
   * For each changed tool, the parts that differ: members of its definition (`description`, `inputSchema`, …), `tags`
   * or `author`.
   */
  readonly how: Readonly<Record<string, readonly string[]>>;
}

/** The change that callers see after a claim on an id. */
type Effect =
  | { readonly kind: 'added' | 'removed' }
  | { readonly kind: 'changed'; readonly members: readonly string[] };

/** A listener that keeps another list of tools in step with the store, such as the host's registry. */
export interface ToolFollower {
  /** Called when a tool is new, or its definition, tags or author changed. */
  listed(tool: ToolInfo): void;
  unlisted(name: string): void;
}

export interface ToolStoreDeps {
  readonly logger: Logger;
  readonly onChange: (change: ToolChange) => void;
  /** Whether a connector of that id exists, up or not. */
  readonly isKnown: (connectorId: string) => boolean;
}

/**
 * The tools of all connectors by id. Connector ids may contain dots, so two connectors can claim the same id. Such an
 * id belongs to the known connector with the longest id, whichever came first, even if it has not listed its tools yet.
 * The other connector gets the id when that connector is removed.
 */
export class ToolStore {
  readonly #deps: ToolStoreDeps;
  /** The claims on each id, the longest connector id first. */
  readonly #claims = new Map<string, readonly ToolInfo[]>();
  /** The tools that callers see. */
  readonly #given = new Map<string, ToolInfo>();
  readonly #reserved: ReservedIds;
  /** Ids that one connector claims, but that belong to another known connector, which does not claim them. */
  readonly #withheld = new Set<string>();
  readonly #idsByConnector = new Map<string, readonly string[]>();
  readonly #sorted = new SortedTools((id) => this.get(id));
  readonly #followers: ToolFollower[] = [];

  constructor(deps: ToolStoreDeps) {
    this.#deps = deps;
    this.#reserved = new ReservedIds(deps.isKnown);
  }

  /** Notifies `follower` of each tool that is listed, changed or unlisted from now on, before `onChange` is called. */
  follow(follower: ToolFollower): void {
    this.#followers.push(follower);
  }

  get(name: string): ToolInfo | undefined {
    return this.#given.get(name);
  }

  get size(): number {
    return this.#given.size;
  }

  /** All tools, ordered by id. */
  list(): readonly ToolInfo[] {
    return this.#sorted.list();
  }

  /**
   * Sets the tools of a connector: adds, replaces and removes only the tools that differ, and reports the change once.
   */
  replace(connectorId: string, tools: readonly ToolInfo[]): void {
    const next = this.#byName(tools);
    const change = { added: [] as string[], changed: [] as string[], removed: [] as string[] };
    const how = new Map<string, readonly string[]>();
    for (const id of new Set([...next.keys(), ...(this.#idsByConnector.get(connectorId) ?? [])])) {
      // Touched even without a change, because the tool may no longer be stale.
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

  /** Reassigns ids after connectors became known or were removed. */
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

  /** Returns the tools of one connector by id. If an alias equals the real name of another tool, the real name wins. */
  #byName(tools: readonly ToolInfo[]): ReadonlyMap<string, ToolInfo> {
    const byName = new Map<string, ToolInfo>();
    for (const tool of tools) {
      const other = byName.get(tool.name);
      if (other !== undefined) {
        const named = [other, tool].map(({ definition }) => definition.name);
        this.#deps.logger.warn(
          { event: 'tool-collision', tool: tool.name, connectors: [tool.connectorId], named },
          `Tools ${named.join(' and ')} of connector ${tool.connectorId} share one name; the original name wins`,
        );
      }
      if (other === undefined || tool.name === toolId(tool.connectorId, tool.definition.name))
        byName.set(tool.name, tool);
    }
    return byName;
  }

  /** Sets or withdraws the claim of a connector on an id. Returns the change that callers see; null for no change. */
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

  /** Gives an id to the connector that it belongs to, if that connector claims the id. Returns the effect, or null. */
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
    // A tool that moves to another connector counts as changed, even if it looks the same.
    const isMoved = before !== undefined && before.connectorId !== after.connectorId;
    if (before !== undefined && members.length === 0 && !isMoved) return null;
    for (const follower of this.#followers) follower.listed(after);
    return before === undefined ? { kind: 'added' } : { kind: 'changed', members };
  }

  #warnCollision(tool: string, claims: readonly ToolInfo[]): void {
    const connectors = claims.map(({ connectorId }) => connectorId);
    this.#deps.logger.warn(
      { event: 'tool-collision', tool, connectors },
      `Tool ${tool} is claimed by ${connectors.join(', ')}; the first of them is listed`,
    );
  }

  /** Warns once about a tool that is not listed, until it is listed or removed. */
  #noteWithheld(id: string, tool: ToolInfo | undefined): void {
    if (tool === undefined) this.#withheld.delete(id);
    if (tool === undefined || this.#withheld.has(id)) return;
    this.#withheld.add(id);
    const { name, connectorId } = tool;
    this.#deps.logger.warn(
      { event: 'tool-collision', tool: name, connectors: [connectorId] },
      `Tool ${name} of connector ${connectorId} is not listed: its name belongs to a connector with a longer id`,
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

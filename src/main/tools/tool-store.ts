import { isDeepStrictEqual } from 'node:util';
import { toolId } from '../../shared/tools/tool-id.ts';
import type { Logger } from '../observability/logger.ts';
import { SortedTools } from './sorted-tools.ts';
import type { ToolInfo } from './tool-info.ts';

/** How a connector's tools changed, as ids. */
export interface ToolChange {
  readonly connectorId: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /**
   * Of each changed one, what is different: members of its definition (`description`, `inputSchema`, …), `tags` or
   * `author`.
   */
  readonly how: Readonly<Record<string, readonly string[]>>;
}

/** What a claim changed for callers. */
type Effect =
  | { readonly kind: 'added' | 'removed' }
  | { readonly kind: 'changed'; readonly members: readonly string[] };

/** Somebody who keeps a list of their own in step with the store's, such as the host's registry. */
export interface ToolFollower {
  /** A tool is new, or its definition, tags or author changed. */
  listed(tool: ToolInfo): void;
  unlisted(name: string): void;
}

export interface ToolStoreDeps {
  readonly logger: Logger;
  readonly onChange: (change: ToolChange) => void;
}

/**
 * The tools of all connectors by id. Connector ids may hold dots, so two connectors can claim one id: the longer
 * connector id has it, whichever came first. The other one gets it when the first is gone.
 */
export class ToolStore {
  readonly #deps: ToolStoreDeps;
  /** Who claims an id, the one that has it first. */
  readonly #claims = new Map<string, readonly ToolInfo[]>();
  readonly #idsByConnector = new Map<string, readonly string[]>();
  readonly #sorted = new SortedTools((id) => this.get(id));
  readonly #followers: ToolFollower[] = [];

  constructor(deps: ToolStoreDeps) {
    this.#deps = deps;
  }

  /** Has `follower` told of each tool that is listed, changed or unlisted from now on, before `onChange` is called. */
  follow(follower: ToolFollower): void {
    this.#followers.push(follower);
  }

  get(name: string): ToolInfo | undefined {
    return this.#claims.get(name)?.[0];
  }

  get size(): number {
    return this.#claims.size;
  }

  /** All tools, ordered by id. */
  list(): readonly ToolInfo[] {
    return this.#sorted.list();
  }

  /** Makes `tools` those of a connector: registers, replaces and removes what differs, and tells it once. */
  replace(connectorId: string, tools: readonly ToolInfo[]): void {
    const next = this.#byName(tools);
    const change = { added: [] as string[], changed: [] as string[], removed: [] as string[] };
    const how = new Map<string, readonly string[]>();
    for (const id of new Set([...next.keys(), ...(this.#idsByConnector.get(connectorId) ?? [])])) {
      // Also where nothing changed: what was stale no longer is.
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

  /** The tools of one connector by id. Where an alias meets a tool that is really called so, that one has the name. */
  #byName(tools: readonly ToolInfo[]): ReadonlyMap<string, ToolInfo> {
    const byName = new Map<string, ToolInfo>();
    for (const tool of tools) {
      const other = byName.get(tool.name);
      if (other !== undefined) {
        const named = [other, tool].map(({ definition }) => definition.name);
        this.#deps.logger.warn(
          { event: 'tool-collision', tool: tool.name, connectors: [tool.connectorId], named },
          `Tools ${named.join(' and ')} of connector ${tool.connectorId} share one name; the one really called so keeps it`,
        );
      }
      if (other === undefined || tool.name === toolId(tool.connectorId, tool.definition.name))
        byName.set(tool.name, tool);
    }
    return byName;
  }

  /** Makes `tool` the claim of a connector on an id, or withdraws it; what that changed for callers, or null. */
  #claim(id: string, connectorId: string, tool: ToolInfo | undefined): Effect | null {
    const before = this.get(id);
    const others = (this.#claims.get(id) ?? []).filter((claim) => claim.connectorId !== connectorId);
    const claims =
      tool === undefined ? others : [...others, tool].sort((a, b) => b.connectorId.length - a.connectorId.length);
    if (claims.length === 0) this.#claims.delete(id);
    else this.#claims.set(id, claims);
    const after = claims[0];
    if (tool !== undefined && claims.length > 1) this.#warnCollision(id, claims);
    if (after === undefined) {
      for (const follower of this.#followers) follower.unlisted(id);
      return { kind: 'removed' };
    }
    const members = before === undefined ? [] : differences(before, after);
    if (before !== undefined && members.length === 0) return null;
    for (const follower of this.#followers) follower.listed(after);
    return before === undefined ? { kind: 'added' } : { kind: 'changed', members };
  }

  #warnCollision(tool: string, claims: readonly ToolInfo[]): void {
    const connectors = claims.map(({ connectorId }) => connectorId);
    this.#deps.logger.warn(
      { event: 'tool-collision', tool, connectors },
      `Tool ${tool} is claimed by ${connectors.join(', ')}; the first has it`,
    );
  }
}

/** What of two tools is not the same, by name. */
function differences(before: ToolInfo, after: ToolInfo): string[] {
  if (before === after) return [];
  const [a, b] = [comparable(before), comparable(after)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !isDeepStrictEqual(a[name], b[name]));
}

function comparable({ tags, author, definition }: ToolInfo): Readonly<Record<string, unknown>> {
  return { ...definition, tags, author };
}

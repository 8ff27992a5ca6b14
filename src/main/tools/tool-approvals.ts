import { approvedDigest } from '../../shared/tools/approved-digest.ts';
import { recordToolChange } from '../observability/instruments.ts';
import type { Logger } from '../observability/logger.ts';
import { publicToolId, type ToolInfo } from './tool-info.ts';

/**
 * The digests that the map approves for the tools of one connector, by the connector's own tool names. Null if the map
 * approves none.
 */
export type ToolDigests = Readonly<Record<string, string>> | null;

/**
 * A tool that is neither listed nor callable, because its definition differs from the definition that the signed map
 * approves.
 */
export interface HeldBackTool {
  /** The full name of the tool: `<connectorId>.<toolName>`. */
  readonly name: string;
  readonly connectorId: string;
  /** The name of the tool at its connector. */
  readonly tool: string;
  /** The digest that the map approves. */
  readonly approvedDigest: string;
  /** The digest of the definition that the connector sent. */
  readonly digest: string;
}

/** What the map says about the tools of one connector. */
interface Judgement {
  /** Ids of the tools that the map has digests for. Pins do not apply to these tools. */
  readonly named: ReadonlySet<string>;
  readonly held: ReadonlyMap<ToolInfo, HeldBackTool>;
}

/** Holds back tools whose definition differs from the definition that the publisher of a signed map approves. */
export class ToolApprovals {
  readonly #logger: Logger;
  readonly #judgements = new Map<string, Judgement>();
  /** The digest that was logged last, for each tool that was ever held back. */
  readonly #told = new Map<string, string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * Checks the tools of a connector against the digests of its entry. Returns the tools that may be listed. Each new
   * difference is logged and counted once. Each tool is checked under the id that the list would show, so that an alias
   * cannot bypass a digest.
   */
  passing(connectorId: string, tools: readonly ToolInfo[], digests: ToolDigests): readonly ToolInfo[] {
    const approved = new Map(
      Object.entries(digests ?? {}).map(([name, digest]) => [publicToolId(connectorId, name), digest] as const),
    );
    const held = new Map<ToolInfo, HeldBackTool>();
    for (const tool of approved.size === 0 ? [] : tools) {
      const wanted = approved.get(tool.name);
      const digest = wanted === undefined ? wanted : approvedDigest(tool.definition);
      if (wanted === undefined || digest === undefined || digest === wanted) continue;
      const { name, definition } = tool;
      held.set(tool, { name, connectorId, tool: definition.name, approvedDigest: wanted, digest });
    }
    this.#judgements.set(connectorId, { named: new Set(approved.keys()), held });
    for (const tool of held.values()) this.#tell(tool);
    return tools.filter((tool) => !held.has(tool));
  }

  /** Whether the map has a digest for a tool, so that pins do not apply to it. */
  names(connectorId: string, remoteName: string): boolean {
    return this.#judgements.get(connectorId)?.named.has(publicToolId(connectorId, remoteName)) === true;
  }

  /** Returns the tool with this id if it is held back. */
  find(name: string): HeldBackTool | undefined {
    return this.list().find((tool) => tool.name === name);
  }

  list(): HeldBackTool[] {
    return [...this.#judgements.values()].flatMap(({ held }) => [...held.values()]);
  }

  /** Forgets a connector that was removed. */
  forget(connectorId: string): void {
    this.#judgements.delete(connectorId);
  }

  #tell({ name, connectorId, digest }: HeldBackTool): void {
    if (this.#told.get(name) === digest) return;
    this.#told.set(name, digest);
    recordToolChange('map');
    this.#logger.warn(
      { event: 'tool-not-approved', code: 'TOOL_NOT_APPROVED', tool: name, connectorId },
      `Tool ${name} is held back, because its definition differs from the one that the signed service map approves`,
    );
  }
}

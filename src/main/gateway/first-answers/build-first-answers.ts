import { randomUUID } from 'node:crypto';
import { nextTurn } from '../../../shared/clock.ts';
import {
  FIRST_ANSWERS_FORMAT,
  type FirstAnswersHeader,
  type FirstList,
} from '../../../shared/protocol/first-answers.ts';
import { WIRE_REVISIONS, type WireRevision, wireRevisionOf } from '../../mcp/definitions/wire-revision.ts';
import { type JsonObject, LEGACY_REVISIONS, MODERN_REVISION } from '../../mcp/json-rpc.ts';
import type { ToolInfo } from '../../tools/tool-info.ts';
import type { Page } from '../catalog/pages.ts';
import type { Route } from '../catalog/route.ts';
import { ToolList } from '../catalog/tool-list.ts';
import { uiUrisOf } from '../catalog/uris/ui-meta.ts';
import { serverCapabilities } from '../messages/capabilities.ts';
import type { PreparedResult } from '../messages/exchange.ts';
import { writeResult } from '../messages/write-message.ts';
import { initializeResult } from '../protocol/legacy-methods.ts';
import { freshness, listResult } from '../protocol/methods.ts';
import { discoverResult } from '../protocol/modern-methods.ts';

/** Fields of the first-answers file's header that describe the prepared responses. */
type Answers = Pick<
  FirstAnswersHeader,
  'format' | 'instanceMark' | 'initialize' | 'discover' | 'lists' | 'sessionlessWire'
>;

/**
 * Responses that a gateway sends right after its start, when it knows its tools only from the start image of an earlier
 * run.
 */
export interface BuiltAnswers {
  readonly answers: Answers;
  readonly texts: readonly string[];
}

/**
 * Time to live of lists right after a start. Clients must not cache them, because the connectors are about to come up.
 */
const TTL_MS = 0;

/**
 * Builds the first answers for a route that shows some of `tools`. The tools must be ordered by name. Never rejects.
 */
export async function buildFirstAnswers(tools: readonly ToolInfo[], route: Route): Promise<BuiltAnswers> {
  const texts: string[] = [];
  const numberOf = (text: string): number => {
    const known = texts.indexOf(text);
    return known >= 0 ? known : texts.push(text) - 1;
  };
  const host = { instanceId: randomUUID() };
  const servesUi = tools.some((tool) => uiUrisOf(tool.definition).length > 0 && isShown(tool, route));
  const lists: FirstList[] = [];
  const list = new ToolList(rememberedTools(tools), route);
  for (const wire of WIRE_REVISIONS) {
    lists.push({ wire, pages: pagesOf(list, wire).map(({ cursor, json }) => ({ cursor, text: numberOf(json) })) });
    await nextTurn();
  }
  const capabilities = serverCapabilities({ hasNotices: true, servesUi });
  const answers = {
    format: FIRST_ANSWERS_FORMAT,
    instanceMark: host.instanceId,
    initialize: LEGACY_REVISIONS.map((revision) => ({
      revision,
      wire: wireRevisionOf(revision),
      text: numberOf(resultOf(initializeResult(revision, capabilities, host), 'legacy')),
    })),
    discover: numberOf(resultOf(discoverResult(servesUi, host), 'modern')),
    lists,
    sessionlessWire: wireRevisionOf(null),
  };
  return { answers, texts };
}

/** One page of a list, as it is sent to a client. */
export interface WrittenPage {
  readonly cursor: string | null;
  readonly json: string;
}

/**
 * Returns a tool source that marks all tools as remembered, because their connectors have not listed them again yet.
 */
export function rememberedTools(tools: readonly ToolInfo[]): ConstructorParameters<typeof ToolList>[0] {
  const remembered = tools.map((tool) => (tool.isStale ? tool : { ...tool, isStale: true }));
  const byName = new Map(remembered.map((tool) => [tool.name, tool]));
  // Counts nothing, because the tool list of the gateway has already counted the dropped definitions.
  const droppedDefinitions = { add: () => {} };
  return { listTools: () => remembered, tool: (name) => byName.get(name), droppedDefinitions };
}

/** Returns all pages of a list in the form that a wire revision uses. */
export function pagesOf(list: ToolList, wire: WireRevision): readonly WrittenPage[] {
  const era = wire === MODERN_REVISION ? 'modern' : 'legacy';
  const pages: WrittenPage[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = list.page(cursor, wire);
    pages.push({ cursor: cursor ?? null, json: resultOf(listResult('tools', page, freshness(era, TTL_MS)), era) });
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
}

function isShown({ connectorId, name }: ToolInfo, { isUnfiltered, isAllowed, fullName }: Route): boolean {
  return isUnfiltered || isAllowed(fullName(connectorId, name.slice(connectorId.length + 1)));
}

/** Returns the JSON of the result inside a response. */
function resultOf(outcome: JsonObject | PreparedResult, era: 'legacy' | 'modern'): string {
  return writeResult(0, outcome, era).slice('{"jsonrpc":"2.0","id":0,"result":'.length, -1);
}

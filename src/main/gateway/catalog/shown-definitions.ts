import type { DefinitionKind } from '../../mcp/definitions/definition.ts';
import { examine } from '../../mcp/definitions/examine.ts';
import { WIRE_REVISIONS, type WireRevision } from '../../mcp/definitions/wire-revision.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';

type Views = WeakMap<JsonObject, JsonObject | typeof LEFT_OUT>;

const LEFT_OUT = Symbol('left out');

const VIEWS = Object.fromEntries(WIRE_REVISIONS.map((revision) => [revision, new WeakMap()])) as Readonly<
  Record<WireRevision, Views>
>;

/**
 * Returns a connector's definition as clients of a revision see it. The result is the same object if the definition is
 * valid, otherwise a repaired copy, or null if the definition is left out. The result is computed on first use and
 * cached for as long as the definition lives.
 */
export function shownDefinition(
  kind: DefinitionKind,
  definition: JsonObject,
  revision: WireRevision,
): JsonObject | null {
  const views = VIEWS[revision];
  let view = views.get(definition);
  if (view === undefined) {
    view = examine(kind, definition, revision).view ?? LEFT_OUT;
    views.set(definition, view);
  }
  return view === LEFT_OUT ? null : view;
}

import { isDeepStrictEqual } from 'node:util';
import type { RealServer } from './catalog.ts';
import type { ServerOutcome } from './manager-outcome.ts';
import type { Definition, SdkListing } from './sdk-listing.ts';

/** Returns the faults in the listing by the SDK. They are mistakes in the catalog, and not in the product. */
export function baselineProblems(server: RealServer, sdk: SdkListing): string[] {
  if (server.exitsWith === undefined) return sdk.tools === null ? ['the plain SDK cannot list it'] : [];
  const isAsExpected = sdk.tools === null && sdk.stderr.includes(server.exitsWith);
  return isAsExpected ? [] : [`it should exit with "${server.exitsWith}"`];
}

/** Returns the faults of the manager's result for a server. */
export function outcomeProblems(server: RealServer, sdk: SdkListing, ours: ServerOutcome | null): string[] {
  if (ours === null) return ['the manager does not know it'];
  if (server.exitsWith !== undefined) return exitProblems(server.exitsWith, ours);
  if (sdk.tools === null) return [];
  const lasting = (tools: readonly Definition[]): readonly Definition[] => lastingParts(tools, server.changing);
  return listingProblems(lasting(sdk.tools), { ...ours, tools: lasting(ours.tools) });
}

function exitProblems(line: string, { lastError, upAtMs }: ServerOutcome): string[] {
  if (upAtMs !== null) return ['it came up without what it needs'];
  return lastError?.includes(line) === true ? [] : [`its last error does not hold "${line}"`];
}

function listingProblems(
  expected: readonly Definition[],
  { upAtMs, attempts, tools, droppedTools }: ServerOutcome,
): string[] {
  if (upAtMs === null) return ['it never came up'];
  return [
    ...(attempts > 1 ? [`it came up at attempt ${attempts}`] : []),
    ...(droppedTools.length > 0 ? [`tools were dropped: ${droppedTools.join(', ')}`] : []),
    ...toolDifferences(expected, tools),
  ];
}

function lastingParts(tools: readonly Definition[], changing: RegExp | undefined): readonly Definition[] {
  if (changing === undefined) return tools;
  return JSON.parse(JSON.stringify(tools).replaceAll(changing, '0')) as Definition[];
}

/** Returns the first few differences between the tools of the SDK and ours, as text. Empty if they are deep-equal. */
function toolDifferences(expected: readonly Definition[], actual: readonly Definition[]): string[] {
  const ours = new Map(actual.map((tool) => [tool.name, tool]));
  const theirs = new Set(expected.map(({ name }) => name));
  const differences = [
    ...expected.flatMap((tool) => {
      const other = ours.get(tool.name);
      return other === undefined ? [`${tool.name} is missing`] : memberDifferences(tool, other);
    }),
    ...actual.filter(({ name }) => !theirs.has(name)).map(({ name }) => `${name} is not the SDK's`),
  ];
  return differences.length > 3 ? [...differences.slice(0, 3), `${differences.length - 3} more`] : differences;
}

function memberDifferences(expected: Definition, actual: Definition): string[] {
  const difference = firstDifference(expected, actual, expected.name);
  return difference === null ? [] : [difference];
}

/** Returns the place and kind of the first difference between two values, or null if they are deep-equal. */
function firstDifference(expected: unknown, actual: unknown, path: string): string | null {
  if (isDeepStrictEqual(expected, actual)) return null;
  if (!isObject(expected) || !isObject(actual) || Array.isArray(expected) !== Array.isArray(actual))
    return `${path}: ${shown(expected)} became ${shown(actual)}`;
  const members = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return (
    [...members]
      .map((member) => firstDifference(expected[member], actual[member], `${path}.${member}`))
      .find((difference) => difference !== null) ?? null
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 80);
}

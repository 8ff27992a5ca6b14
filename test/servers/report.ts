import type { RealServer } from './catalog.ts';
import type { ServerOutcome } from './manager-outcome.ts';
import type { SdkListing } from './sdk-listing.ts';

/** One server with the results of the SDK and of the manager. */
export interface ServerResult {
  readonly server: RealServer;
  readonly version: string;
  readonly sdk: SdkListing;
  /** Null if the manager never reported the server. */
  readonly ours: ServerOutcome | null;
  /** Faults in the manager's result, as text. Empty if the result has no faults. */
  readonly problems: readonly string[];
}

const COLUMNS = ['', 'server', 'package', 'SDK tools', 'ms', 'protocol', 'ours', 'ms', 'attempts', 'state'] as const;
const ERROR_LENGTH = 300;

/** Returns a table with a line for each server, followed by the faults of the server. */
export function tableOf(results: readonly ServerResult[]): string {
  const rows = results.map(({ server, version, sdk, ours, problems }) => [
    problems.length === 0 ? 'ok' : 'NO',
    server.id,
    `${server.package}@${version}`,
    sdk.tools === null ? '-' : String(sdk.tools.length),
    sdk.ms.toFixed(0),
    sdk.protocol ?? '-',
    ours === null ? '-' : String(ours.tools.length),
    ours?.upAtMs?.toFixed(0) ?? '-',
    ours === null ? '-' : String(ours.attempts),
    ours?.state ?? 'unknown',
  ]);
  const widths = COLUMNS.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const details = (index: number): string[] => {
    const result = results[index];
    if (result === undefined || result.problems.length === 0) return [];
    const { problems, sdk, ours } = result;
    return [
      ...problems.map((problem) => `      ${problem}`),
      ...(sdk.error === null ? [] : [`      SDK: ${oneLine(sdk.error)}`]),
      ...[...new Set(ours?.failures)].map((why) => `      failed attempt: ${oneLine(why)}`),
      ...(ours?.lastError == null ? [] : [`      last error: ${oneLine(ours.lastError)}`]),
    ];
  };
  return [line(COLUMNS), ...rows.flatMap((row, index) => [line(row), ...details(index)])].join('\n');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, ERROR_LENGTH);
}

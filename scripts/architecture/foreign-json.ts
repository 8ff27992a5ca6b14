import type { Rule } from './rules.ts';

/**
 * Files that may parse JSON themselves. All other files must call `parseForeignJson`, which checks a string before
 * parsing it.
 */
const ALLOWED: ReadonlyMap<string, string> = new Map([
  ['src/shared/json/parse-foreign.ts', 'scans first'],
  ['src/shared/map/strict-json.ts', 'scans first, and is stricter'],
  ['src/shared/protocol/start-image.ts', 'a file that this package wrote, with a checksum'],
  ['src/shared/protocol/first-answers.ts', 'a file that this package wrote, with a checksum'],
  ['src/main/cli/quick/answer-quickly.ts', 'a file that the build of this package wrote'],
  ['src/main/cli/first-answers/first-client.ts', 'short lines without depth, before the parser is loaded'],
  ['src/main/gateway/status-page/view/page-script.ts', 'runs in the browser, on what the gateway sends'],
  ['src/main/cli/terminal/merge-output-file.ts', 'text that JSON.stringify just wrote'],
  ['src/main/cli/discovery/trust-book.ts', 'a private file that this package wrote'],
  ['src/main/cli/demo/package-bin.ts', 'the manifest of an installed package'],
  ['src/main/threads/worker-url.ts', 'the manifest of this package'],
  ['src/main/cli/bench/keepers.ts', 'a benchmark'],
  ['src/main/cli/bench/headline.ts', 'a benchmark'],
  ['src/main/cli/bench/fresh-process.ts', 'a benchmark'],
  ['src/main/cli/bench/map-process.ts', 'a benchmark'],
  ['src/main/registry/storable-server.ts', 'text that JSON.stringify just wrote'],
  ['src/main/connectors/replaced-api/proxy-connection.ts', 'text that JSON.stringify just wrote'],
  ['src/main/service-map/keys/remembered-document.ts', 'strings that this package verified and wrote'],
  ['src/workers/programs/program-notes.ts', 'files that this package wrote'],
  ['src/workers/tables/tool-table.ts', 'rows that this package wrote'],
  ['src/workers/tables/server-table.ts', 'rows that this package wrote'],
  ['src/workers/servers-file/servers-text.ts', 'text that JSON.stringify just wrote'],
  ['src/workers/servers-file/servers-file.ts', 'rows that this package wrote'],
]);

const PARSES = /\bJSON\s*\.\s*parse\b|\bawait\s[^;]*\.json\(\)/;
const COMMENT = /^\s*(?:\*|\/\/|\/\*)/;

/** Rule 6: only `parseForeignJson` parses untrusted JSON. */
export const checkForeignJson: Rule = (files) =>
  files
    .filter(({ path, lines }) => !ALLOWED.has(path) && lines.some((line) => PARSES.test(line) && !COMMENT.test(line)))
    .map(
      ({ path }) =>
        `JSON.parse: ${path} must call parseForeignJson, or be named in scripts/architecture/foreign-json.ts`,
    );

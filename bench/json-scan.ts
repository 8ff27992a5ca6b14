/**
 * Untrusted JSON is scanned before it is parsed. How long does the scan take, compared with the parsing? Measures
 * typical messages of 1 KB, 64 KB and 10 MB: lists of tools, rows of a table, and a long string. The shortest of many
 * runs counts. `npm run bench -- json-scan`
 */
import { checkForeignJson } from '../src/shared/json/parse-foreign.ts';

const RUN_MS = 300;

const tool = (index: number): object => ({
  ...{ name: `create_issue_${index}`, title: 'Create an issue' },
  description: 'Creates an issue in a repository. '.repeat(1 + (index % 4)),
  inputSchema: {
    type: 'object',
    properties: {
      owner: { type: 'string', description: 'The owner' },
      tags: { type: 'array', items: { type: 'string' } },
    },
    required: ['owner'],
  },
});
const row = (index: number): object => ({
  ...{ id: index, name: `row ${index}`, price: index * 1.25, tags: ['a', 'b'], ok: true, nested: { x: 1, y: null } },
});

function listOf(item: (index: number) => object, bytes: number): string {
  const items: string[] = [];
  for (let size = 0, index = 0; size < bytes; index += 1)
    size += items[items.push(JSON.stringify(item(index))) - 1]?.length ?? 0;
  return `{"jsonrpc":"2.0","id":1,"result":{"items":[${items.join(',')}]}}`;
}

const textOf = (bytes: number): string =>
  JSON.stringify({
    result: { content: [{ type: 'text', text: 'The quick, brown fox said "hello"\n'.repeat(bytes / 36) }] },
  });

/** Returns the shortest duration of many runs of `work`, in microseconds. */
function best(work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + RUN_MS; performance.now() < end; ) {
    const startedMs = performance.now();
    work();
    least = Math.min(least, performance.now() - startedMs);
  }
  return least * 1_000;
}

process.stdout.write('message        bytes   parse (µs)   scan (µs)   scan / parse\n');
for (const [name, bytes] of [
  ['1 KB', 1_000],
  ['64 KB', 64_000],
  ['10 MB', 10_000_000],
] as const) {
  for (const [kind, text] of [
    ['tools', listOf(tool, bytes)],
    ['rows', listOf(row, bytes)],
    ['text', textOf(bytes)],
  ] as const) {
    const body = Buffer.from(text);
    const repeats = Math.max(1, Math.ceil(200_000 / text.length));
    const often = (work: () => unknown) => () => {
      for (let count = 0; count < repeats; count += 1) work();
    };
    const parse = best(often(() => JSON.parse(body.toString('utf8')))) / repeats;
    const scan = best(often(() => checkForeignJson(text))) / repeats;
    const figures = [text.length, parse.toFixed(1), scan.toFixed(2), `${((100 * scan) / parse).toFixed(1)} %`];
    process.stdout.write(
      `${`${kind} ${name}`.padEnd(12)}${figures.map((figure) => String(figure).padStart(12)).join('')}\n`,
    );
  }
}

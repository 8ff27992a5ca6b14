import { expect, it } from 'vitest';
import { checkForeignJson } from '../../../scripts/architecture/foreign-json.ts';
import { readSourceTree } from '../../../scripts/architecture/source-tree.ts';

const file = (path: string, ...lines: readonly string[]) => ({ path, lines, imports: [] });

it('checkForeignJson() reports a file that calls JSON.parse() or response.json() on JSON from elsewhere', () => {
  const findings = checkForeignJson([
    file('src/main/a.ts', 'const a = JSON.parse(text);'),
    file('src/main/b.ts', 'const b = await (await fetch(url)).json();'),
    file('src/main/c.ts', 'const c = texts.map(JSON.parse);'),
    file(
      'src/main/d.ts',
      '/** Unlike JSON.parse, this scans. */',
      ' * JSON.parse(x)',
      '// JSON.parse(x)',
      'parseForeignJson(x);',
    ),
    file('src/shared/json/parse-foreign.ts', 'return JSON.parse(text);'),
  ]);
  expect(findings.map((finding) => finding.split(' ')[1])).toEqual(['src/main/a.ts', 'src/main/b.ts', 'src/main/c.ts']);
});

it('checkForeignJson() finds nothing to report in the source files of this project', () => {
  expect(checkForeignJson(readSourceTree('.', 'src'))).toEqual([]);
});

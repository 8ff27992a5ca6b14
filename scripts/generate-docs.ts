/** `npm run docs`: writes the pages that are made from code. With --check it only says whether they are current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ERROR_CODES } from '../src/shared/error-codes.ts';

/** docs/errors.md, out of the table of codes. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
  );
  return `# Errors

Every error is a \`SwitchyardError\` with a \`code\` out of this table; \`sync()\` and \`loadConnectorServiceMap()\` reject with its
subclass \`ConnectorManifestError\` where the map is at fault. Tell errors apart by \`code\`, never by message; \`cause\` keeps what was
underneath. Codes are only ever added.

This page is made from \`src/shared/error-codes.ts\` by \`npm run docs\`.

| code | what happened | what to do |
| --- | --- | --- |
${rows.join('\n')}
`;
}

const PAGES: Readonly<Record<string, () => string>> = { 'docs/errors.md': errorsPage };

function main(isCheck: boolean): void {
  for (const [path, render] of Object.entries(PAGES)) {
    const text = render();
    if (!isCheck) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      process.stderr.write(`${path} is out of date; run: npm run docs\n`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.includes('--check'));

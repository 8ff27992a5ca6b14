import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';

/**
 * How a block is tested. `shell`: its commands are run. `program`: it is run as a program. `document`: it is parsed.
 * `read`: it is not tested.
 */
export type Treatment = 'shell' | 'program' | 'document' | 'read';

const TREATMENTS: Readonly<Record<string, Treatment>> = {
  sh: 'shell',
  ts: 'program',
  js: 'program',
  mjs: 'program',
  json: 'document',
  jsonc: 'document',
  yaml: 'document',
  toml: 'document',
  text: 'read',
  diff: 'read',
  mermaid: 'read',
  acl: 'read',
  caddyfile: 'read',
  dockerfile: 'read',
  ini: 'read',
  nginx: 'read',
  promql: 'read',
  typescript: 'read',
};

/** Languages whose blocks are tested elsewhere, each with the path of that test. */
export const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  acl: 'test/fleet/acl.test.ts',
  caddyfile: 'test/fleet/deployment/reverse-proxies.test.ts',
  dockerfile: 'test/fleet/deployment/container.test.ts',
  ini: 'test/fleet/deployment/systemd.test.ts',
  nginx: 'test/fleet/deployment/reverse-proxies.test.ts',
  promql: 'test/docs/dashboards.test.ts',
  // Blocks in this language are only on a generated page, docs/api.md, which shows declarations.
  typescript: 'scripts/generate-docs.ts',
};

/** Returns how blocks in a language are tested; null if the language is unknown. */
export function treatmentOf(language: string): Treatment | null {
  return TREATMENTS[language] ?? null;
}

/** Parses a document. Throws if the document cannot be parsed. */
export function parseDocument(language: string, text: string): void {
  if (language === 'json') JSON.parse(text);
  else if (language === 'jsonc') parseJsonc(text);
  else if (language === 'toml') parseToml(text);
  else {
    for (const { errors } of parseAllDocuments(text)) if (errors[0] !== undefined) throw errors[0];
  }
}

function parseJsonc(text: string): void {
  const errors: ParseError[] = [];
  parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return;
  const line = text.slice(0, first.offset).split('\n').length;
  throw new Error(`${printParseErrorCode(first.error)} on line ${line}`);
}

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeText } from '../../../src/main/local-config/document/decode-text.ts';
import { parseLocalConfig } from '../../../src/main/local-config/local-config.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';
import { naughtyStrings } from '../engine/vectors.ts';

/** The first letter of an input chooses the file name. */
const SOURCES: Readonly<Record<string, string>> = { j: 'mcp.json', t: 'config.toml', y: 'config.yaml', x: 'config' };

const SECRET = 'hunter2-hunter2';
const ENV = { TOKEN: SECRET, HOME: '/home/somebody', EMPTY: '' };

/** Forms that the fixtures lack. */
const MORE_SEEDS: readonly string[] = [
  't[mcp_servers.a]\ncommand = "x"\nargs = ["a", \'b\']\n[mcp_servers.a.env]\nK = """v"""\n[[x]]\na.b = 1979-05-27\n',
  't[mcp_servers]\na = { url = "http://a", bearer_token_env_var = "TOKEN", startup_timeout_sec = 1.5 }\n',
  'ymcpServers:\n  - name: a\n    command: x\n    env: &e\n      K: v\n  - name: b\n    url: http://b\n    <<: *e\n',
  'x// note\n{"a": {"command": "x", /* y */ "args": [1,],},}',
  'xa:\n  command: x\n',
  'x[a]\ncommand = "x"\n',
];

const FIXTURES = fileURLToPath(new URL('../../fixtures/local-config/shapes', import.meta.url));

/** Files in the form that clients write. */
function fixtures(): readonly Uint8Array[] {
  const files = readdirSync(FIXTURES, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.flatMap(({ parentPath, name }) => {
    const letter = Object.keys(SOURCES).find((key) => SOURCES[key]?.endsWith(extname(name))) ?? 'x';
    const bytes = readFileSync(join(parentPath, name));
    return bytes.length > 2_048 ? [] : [Buffer.concat([Buffer.from(letter), bytes])];
  });
}

/** Configuration files of any client: JSON with comments, TOML and YAML, in UTF-8 and UTF-16. */
export const target: FuzzTarget = {
  name: 'config-files',
  covers: ['/src/main/local-config/', '/node_modules/yaml/', '/node_modules/smol-toml/', '/node_modules/jsonc-parser/'],
  seeds: () => [
    ...fixtures(),
    ...MORE_SEEDS,
    Buffer.concat([Buffer.from('j'), Buffer.from('\ufeff{"mcpServers":{"a":{"command":"x"}}}', 'utf16le')]),
    Buffer.concat([Buffer.from('x'), Buffer.from('{"mcpServers":{}}', 'utf16le').swap16()]),
  ],
  dictionary: [
    ...[
      'mcpServers',
      'servers',
      'mcp',
      'mcp_servers',
      'context_servers',
      'extensions',
      'registry',
      'packages',
      'remotes',
    ],
    ...[
      'command',
      'args',
      'env',
      'url',
      'type',
      'stdio',
      'http',
      'sse',
      'headers',
      'cwd',
      'envFile',
      'timeout',
      'disabled',
    ],
    ...[
      'enabled',
      'transport',
      'tools',
      'inputs',
      `\${TOKEN}`,
      `\${env:TOKEN}`,
      `\${TOKEN:-x}`,
      '{env:TOKEN}',
      `\${`,
      '{file:',
    ],
    ...[
      '"',
      "'",
      '"""',
      "'''",
      '[',
      ']',
      '{',
      '}',
      '[[',
      ']]',
      ' = ',
      ': ',
      '- ',
      '&a ',
      '*a',
      '<<: *a',
      '|\n',
      '>-\n',
      '#',
    ],
    ...[
      '//',
      '/*',
      '*/',
      '\n',
      '\r\n',
      '\t',
      '    ',
      '!!',
      '!!binary ',
      '? ',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '\ufeff',
      '\\u',
    ],
    ...[
      '1979-05-27T07:32:00Z',
      'inf',
      'nan',
      '0x',
      '1e999',
      '__proto__',
      'constructor',
      '~',
      'null',
      'true',
      `\${input:k}`,
    ],
    ...naughtyStrings(),
  ],
  mutate: (input, random, dictionary) => {
    const changed = changeJson(input.subarray(1), random, dictionary);
    return changed === undefined ? undefined : Buffer.concat([input.subarray(0, 1), changed]);
  },
  start: () => ({ run: runConfig }),
};

const changeJson = mutateJson('\n\n\n');

function runConfig(input: Uint8Array): void {
  const source = SOURCES[String.fromCharCode(input[0] ?? 0)] ?? 'config';
  const text = decoded(input.subarray(1));
  if (text === null) return;
  try {
    const { servers, problems } = parseLocalConfig(text, { source, env: ENV, folder: '/work/app' });
    const ids = servers.map(({ entry }) => entry.id);
    must(new Set(ids).size === ids.length, 'two servers have the same id');
    for (const { severity, place, line, column, message } of problems) {
      must(severity === 'error' || severity === 'warning', `${severity} is not a severity`);
      checkMessage(message, place);
      checkPlace(text, line, column);
    }
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    must(error.code === 'CONFIG_INVALID', `a file is refused with ${error.code}`);
    checkMessage(error.message, '');
    const { line, column } = error.detail;
    checkPlace(text, Number(line), Number(column));
  }
}

/** Returns null for bytes that are not text, because no other rule applies to such bytes. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return decodeText(bytes);
  } catch (error) {
    must(error instanceof Error && /^it is (not|neither) /.test(error.message), `decoding throws ${String(error)}`);
    return null;
  }
}

function checkMessage(message: string, place: string): void {
  must(!message.includes(SECRET) && !place.includes(SECRET), 'a message contains the value of a variable');
  must(
    !/[\p{Cc}\u2028\u2029]/u.test(message + place),
    `a message holds control characters: ${JSON.stringify(message)}`,
  );
}

function checkPlace(text: string, line: number, column: number): void {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  must(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
  must(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 2, `column ${column} in line ${line}`);
}

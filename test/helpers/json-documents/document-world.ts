import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { CliOptions, Ended } from '../cli.ts';
import { runCliHere } from '../cli-in-process.ts';
import { LoginCli } from '../logins/login-cli.ts';
import { MapServer } from '../map-server.ts';
import { mapNow } from '../map-under-test.ts';
import { TestMcpServer } from '../mcp-server.ts';
import { entry, KEY, mapOf } from '../signed-map.ts';
import { TempDir } from '../temp-dir.ts';

/** What the commands with `--json` use: maps, a connector with every feature, and a connector that needs a login. */
export interface DocumentWorld extends AsyncDisposable {
  /** Options that select a map whose only connector, `one`, is up. */
  readonly up: readonly string[];
  /** Options that select a map with the connectors `one` and `dead`. `dead` cannot be reached. */
  readonly half: readonly string[];
  /** Options that select a configuration file with the connector `crm`, which needs a login. */
  readonly locked: readonly string[];
  readonly mapUrl: string;
  /** Returns the path of a file in the world's folder. */
  at(name: string): string;
  /** Changes the description of the tool `one.echo`. */
  describe(text: string): void;
  run(args: readonly string[], options?: CliOptions): Promise<Ended>;
}

export async function startDocumentWorld(): Promise<DocumentWorld> {
  let description = 'says it again';
  const mcp = await TestMcpServer.start((server) => {
    server.registerTool('echo', { description, inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    server.registerTool('fail', { inputSchema: z.object({}) }, () => ({
      ...{ content: [{ type: 'text', text: 'it broke' }], isError: true },
    }));
    server.registerResource('note', 'demo://note', { mimeType: 'text/plain' }, (uri) => ({
      contents: [{ uri: uri.href, text: 'a note' }],
    }));
    server.registerPrompt('greet', { argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
    }));
  });
  const one = entry('one', { endpoint: mcp.url });
  const maps = [
    await MapServer.start(mapNow([one])),
    await MapServer.start(mapNow([one, entry('dead', { endpoint: 'http://127.0.0.1:1/' })])),
  ] as const;
  const logins = await LoginCli.start({ entries: { crm: { oauth: { scopes: ['tools'] } } } });
  const dir = new TempDir();
  const at = (name: string): string => join(dir.path, name);
  writeFileSync(at('map.json'), JSON.stringify(mapOf([one])));
  return {
    up: ['--service-map', maps[0].url],
    half: ['--service-map', maps[1].url],
    locked: ['--config', logins.file.path],
    mapUrl: maps[0].url,
    at,
    describe(text) {
      description = text;
    },
    run: (args, { env, ...options } = {}) =>
      runCliHere(args, { ...options, env: { HOME: dir.path, CONNECTORS_SIGNATURE_KEY: KEY, ...env } }),
    async [Symbol.asyncDispose]() {
      await logins[Symbol.asyncDispose]();
      for (const map of maps) await map[Symbol.asyncDispose]();
      await mcp[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { openSession, postModern } from '../../helpers/mcp-post.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

/** Maximum number of files that a request may pass through, so that people can follow its path. */
const MAX_FILES = 18;

const limit = Error.stackTraceLimit;

beforeEach(() => {
  Error.stackTraceLimit = 200;
});

afterEach(() => {
  Error.stackTraceLimit = limit;
});

/**
 * Returns the files of `src/main` on the call stack, outermost first, including those of awaited functions. A file with
 * several frames in a row is listed once.
 */
function filesOnStack(): string[] {
  const frames = (new Error('here').stack ?? '').split('\n').slice(1).reverse();
  const files = frames.flatMap((frame) => /src\/main\/(.+?\.ts):\d+/.exec(frame)?.[1] ?? []);
  return files.filter((file, index) => file !== files[index - 1]);
}

describe('the path of a tools/call request from the socket to the manager', () => {
  it.each(['legacy', 'modern', 'modern and able to answer server requests'])(
    'the call stack of a tools/call request contains at most 18 files, and each file only once (client: %s)',
    async (client) => {
      await using server = await RawMcpServer.start();
      await using world = await startGateway({ a: remote(server) });
      const stacks: string[][] = [];
      const callTool = world.manager.callTool.bind(world.manager);
      world.manager.callTool = (...call) => {
        stacks.push(filesOnStack());
        return callTool(...call);
      };
      const url = `${world.listener.url}/mcp`;
      const capabilities = client === 'modern' ? {} : { roots: {} };
      const { result } =
        client === 'legacy'
          ? await (await openSession(url, capabilities)).call('tools/call', { name: 'a__echo' })
          : await postModern(url, 'tools/call', { name: 'a__echo' }, { capabilities });
      expect(result).toHaveProperty('content');
      const [files = []] = stacks;
      expect(new Set(files).size).toBe(files.length);
      expect(files.length).toBeLessThanOrEqual(MAX_FILES);
      expect(files.at(-1)).toBe('gateway/protocol/forwarding/connector-request.ts');
      // If a request can be held, it runs in a separate turn of the event loop. Its stack then lacks the outermost
      // files.
      if (client !== 'modern and able to answer server requests')
        expect(files).toEqual([
          'gateway/http/application.ts',
          'gateway/http/mcp/mcp-endpoint.ts',
          `gateway/http/mcp/${client}-requests.ts`,
          'gateway/http/mcp/serve-request.ts',
          'gateway/protocol/request-server.ts',
          'observability/telemetry/server-operation.ts',
          'gateway/protocol/methods.ts',
          'gateway/protocol/forwarding/forwarding.ts',
          'gateway/protocol/forwarding/connector-request.ts',
        ]);
    },
  );
});

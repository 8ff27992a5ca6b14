import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of Docker catalog files', () => {
  it('a Docker catalog file yields servers from images and remotes, and one warning for each unusable server', () => {
    const { servers, problems } = readShape('docker-catalog.yaml');
    expect(servers).toEqual({
      notion: {
        at: '5:3',
        run: 'docker run -i --rm -e API_TOKEN -e HEADERS mcp/notion@sha256:fc22 --transport=stdio',
        env: {
          API_TOKEN: 'token-of-the-environment',
          HEADERS: '{"Authorization": "Bearer token-of-the-environment"}',
        },
      },
      files: {
        at: '30:3',
        run: 'docker run -i --rm -v /home/me/files:/files:ro mcp/files',
      },
      tracker: {
        at: '44:3',
        url: 'https://tracker.example.com/mcp',
        transport: 'streamable-http',
      },
      keyed: {
        at: '52:3',
        url: 'https://keyed.example.com/sse',
        transport: 'sse',
        headers: {
          Authorization: 'Bearer token-of-the-environment',
        },
      },
    });
    expect(problems).toEqual([
      'warning 39:7 registry["chat"].env needs values that the gateway of Docker prompts for. The server is left out.',
      'warning 59:3 registry["nothing"] has neither an image nor a remote. The server is left out.',
    ]);
  });
});

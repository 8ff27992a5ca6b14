import { describe, expect, it } from 'vitest';
import { readShape } from '../../../../helpers/read-shape.ts';

describe('parser of server.json files', () => {
  it('the first package that can be run is selected from a server.json file', () => {
    const { servers, problems } = readShape('server-package.json');
    expect(servers).toEqual({
      'io.github.example-tracker': {
        at: '3:11',
        run: 'npx -y @example/tracker@1.2.0 serve --region eu',
        env: {
          API_TOKEN: 'token-of-the-environment',
          LEVEL: 'info',
        },
      },
    });
    expect(problems).toEqual([]);
  });

  it('the environment variables in a server.json file are passed to the container', () => {
    const { servers, problems } = readShape('server-oci.json');
    expect(servers).toEqual({
      'io.github.example-db': {
        at: '2:11',
        run: 'docker run -i --rm -e API_KEY ghcr.io/example/db:2.0.0',
        env: {
          API_KEY: 'key-of-the-environment',
        },
      },
    });
    expect(problems).toEqual([]);
  });

  it('the variables in the URL and headers of a remote server in a server.json file are replaced by their values', () => {
    const { servers, problems } = readShape('server-remote.json');
    expect(servers).toEqual({
      'com.example-far': {
        at: '3:13',
        url: 'https://eu.example.com/sse',
        transport: 'sse',
        headers: {
          'X-Key': 'key key-of-the-environment',
        },
      },
    });
    expect(problems).toEqual([]);
  });
});

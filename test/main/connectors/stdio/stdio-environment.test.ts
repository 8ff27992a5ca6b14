import { describe, expect, it } from 'vitest';
import { secretsOf, stdioEnvironment } from '../../../../src/main/connectors/stdio/stdio-environment.ts';

describe.skipIf(process.platform === 'win32')('stdioEnvironment', () => {
  it('a stdio server inherits only essential environment variables, and gets the configured ones', () => {
    const inherited = {
      PATH: '/bin',
      HOME: '/h',
      LC_ALL: 'C',
      TZ: 'UTC',
      AWS_SECRET: 's',
      NODE_OPTIONS: '--x',
      USER: undefined,
    };
    expect(stdioEnvironment(inherited, { HOME: '/own', KEY: 'k' })).toEqual({
      PATH: '/bin',
      HOME: '/own',
      LC_ALL: 'C',
      TZ: 'UTC',
      KEY: 'k',
    });
  });

  it('a stdio server inherits variables for CA certificates, and variables for proxies unless they contain credentials', () => {
    const passedOn = {
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      SSL_CERT_FILE: '/ca.pem',
      REQUESTS_CA_BUNDLE: '/ca.pem',
      HTTPS_PROXY: 'http://proxy.example:8080',
      no_proxy: 'localhost',
    };
    const withCredentials = { HTTP_PROXY: 'http://me:secret@proxy.example:8080', all_proxy: 'me:secret@proxy.example' };
    expect(stdioEnvironment({ ...passedOn, ...withCredentials }, {})).toEqual(passedOn);
  });

  it('a stdio server does not inherit shell functions that an old bash exported as variables', () => {
    expect(stdioEnvironment({ TERM: '() { :;}; id' }, {})).toEqual({});
  });
});

describe('secretsOf', () => {
  it('secretsOf() recognizes secrets by the names of variables and by passwords in URLs', () => {
    expect(
      secretsOf({ API_KEY: '1', GITHUB_TOKEN: '2', DATABASE_URL: 'postgres://me:3@host/db', PORT: '4', PATH: '/bin' }),
    ).toEqual(['1', '2', 'postgres://me:3@host/db']);
  });
});

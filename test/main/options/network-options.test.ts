import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { resolveNetwork } from '../../../src/main/options/network-options.ts';
import { secret } from '../../helpers/evidence.ts';

const refusal = (work: () => unknown): { code: string; message: string } => {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('It was accepted');
};

describe('resolveNetwork', () => {
  it('resolveNetwork() uses no proxy and the default certificate authorities by default', () => {
    expect(resolveNetwork(undefined, undefined, {})).toMatchObject({ tls: null, proxy: null });
  });

  it.each([
    [{ HTTP_PROXY: 'http://p:1' }, { httpProxy: 'http://p:1/', httpsProxy: '', noProxy: '' }],
    [
      { https_proxy: 'p:2', NO_PROXY: 'a,b' },
      { httpProxy: '', httpsProxy: 'http://p:2/', noProxy: 'a,b' },
    ],
    [
      { http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:1' },
      { httpProxy: 'http://low:1/', httpsProxy: '', noProxy: '' },
    ],
  ])('resolveNetwork() reads the proxies from the environment %j', (env, proxy) => {
    expect(resolveNetwork(undefined, undefined, env).proxy).toEqual(proxy);
  });

  it('resolveNetwork() prefers the option proxy to the environment, and uses no proxy for false', () => {
    const env = { HTTP_PROXY: 'http://env:1', NO_PROXY: '*' };
    expect(resolveNetwork(undefined, false, env).proxy).toBeNull();
    expect(resolveNetwork(undefined, 'http://own:1', env).proxy).toEqual({
      httpProxy: 'http://own:1/',
      httpsProxy: 'http://own:1/',
      noProxy: '',
    });
    expect(resolveNetwork(undefined, { https: 'socks5://own:1', noProxy: 'x' }, env).proxy).toEqual({
      httpProxy: '',
      httpsProxy: 'socks5://own:1',
      noProxy: 'x',
    });
  });

  it.each(['ftp://x', 'http://', `not a url ${secret('in it')}`])(
    'resolveNetwork() rejects the proxy URL %s without quoting it',
    (url) => {
      const { code, message } = refusal(() => resolveNetwork(undefined, url, {}));
      expect([code, message]).toEqual([
        'OPTIONS_INVALID',
        'Option proxy is not the URL of a proxy (http, https or socks5).',
      ]);
      expect(refusal(() => resolveNetwork(undefined, undefined, { HTTPS_PROXY: url })).message).toContain(
        'HTTPS_PROXY',
      );
    },
  );

  it.each(['https://127.0.0.1:3128', 'https://[::1]:3128'])(
    'resolveNetwork() rejects the proxy URL %s, because no certificate can be verified for an IP address',
    (url) => {
      expect(refusal(() => resolveNetwork(undefined, url, {}))).toMatchObject({
        code: 'OPTIONS_INVALID',
        message: expect.stringContaining('use the host name'),
      });
    },
  );

  it('resolveNetwork() gives equal settings the same id, so that threads share their connections', () => {
    const one = resolveNetwork(undefined, 'http://p:1', {});
    expect(resolveNetwork(undefined, 'http://p:1/', {}).id).toBe(one.id);
    expect(resolveNetwork(undefined, 'http://p:2/', {}).id).not.toBe(one.id);
  });

  it.each([
    [{ cert: 'x' }, 'cert and key must be set together'],
    [{ ca: '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----' }, 'Option tls: '],
    [
      { ca: `${rootCertificates[0]}\n-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----` },
      'Option tls: ',
    ],
    [{ cert: 'nonsense', key: 'nonsense' }, 'Option tls: '],
  ])('resolveNetwork() rejects unusable certificates: %j', (tls, message) => {
    expect(refusal(() => resolveNetwork(tls, undefined, {}))).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('resolveNetwork() returns settings that can be sent to another thread unchanged', () => {
    const settings = resolveNetwork({ servername: 'x' }, 'http://p:1', {});
    expect(structuredClone(settings)).toEqual(settings);
  });
});

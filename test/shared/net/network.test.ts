import { describe, expect, it } from 'vitest';
import { agentSettings, type TlsSettings } from '../../../src/shared/net/network.ts';

const tls: TlsSettings = { ca: [], cert: null, key: null, passphrase: null, servername: null };

describe('agentSettings', () => {
  it('agentSettings() leaves all settings to undici if nothing is configured', () => {
    expect(agentSettings({ id: 'x', tls: null, proxy: null })).toEqual({
      connect: {},
      requestTls: {},
      proxyTls: {},
      httpProxy: '',
      httpsProxy: '',
      noProxy: '',
    });
  });

  it('agentSettings() trusts configured CAs for server and proxy, but applies servername only to the server', () => {
    const settings = agentSettings({ id: 'x', tls: { ...tls, servername: 'maps.internal' }, proxy: null });
    expect(settings.connect).toBe(settings.requestTls);
    expect(settings.connect.servername).toBe('maps.internal');
    expect(settings.proxyTls).toEqual({ secureContext: settings.connect.secureContext });
    expect(settings.connect.secureContext).toBeDefined();
  });

  it('agentSettings() returns the configured proxies', () => {
    const proxy = { httpProxy: 'http://a', httpsProxy: 'http://b', noProxy: 'c' };
    expect(agentSettings({ id: 'x', tls: null, proxy })).toMatchObject(proxy);
  });

  it('agentSettings() throws for an unreadable certificate', () => {
    expect(() => agentSettings({ id: 'x', tls: { ...tls, cert: 'no PEM' }, proxy: null })).toThrow();
  });
});

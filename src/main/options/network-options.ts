import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { messageOf, SwitchyardError } from '../../shared/errors.ts';
import { agentSettings, type NetworkSettings, type ProxySettings, type TlsSettings } from '../../shared/net/network.ts';

type Pem = string | Uint8Array;

/** TLS certificates, in PEM format, for connections to the map and to the connectors. */
export interface TlsOptions {
  /** Certificate authorities that are trusted, in addition to those of Node. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** Client certificate, followed by its chain. */
  readonly cert?: Pem | undefined;
  /** Private key of the client certificate. */
  readonly key?: Pem | undefined;
  readonly passphrase?: string | undefined;
  /** Host name that the certificates of servers must contain, if it differs from the host name in the URL. */
  readonly servername?: string | undefined;
}

/**
 * Proxies: one URL for all connections, separate URLs for http and https, or `false` for no proxy. Defaults to
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment, in upper or lower case.
 */
export type ProxyOptions =
  | string
  | false
  | { readonly http?: string | undefined; readonly https?: string | undefined; readonly noProxy?: string | undefined };

/**
 * Checks the options `tls` and `proxy`, and returns them as plain data. Throws OPTIONS_INVALID. Messages do not contain
 * the URL of a proxy, which may contain a password.
 */
export function resolveNetwork(
  tls: TlsOptions | undefined,
  proxy: ProxyOptions | undefined,
  env: NodeJS.ProcessEnv,
): NetworkSettings {
  const plain = {
    tls: tls === undefined ? null : resolveTls(tls),
    proxy: resolveProxy(proxy, env),
  };
  const id = createHash('sha256').update(JSON.stringify(plain)).digest('base64url');
  const settings: NetworkSettings = { id, ...plain };
  try {
    agentSettings(settings);
  } catch (cause) {
    throw new SwitchyardError('OPTIONS_INVALID', `Option tls: ${messageOf(cause)}`, {
      cause,
      detail: { option: 'tls' },
    });
  }
  return settings;
}

function resolveTls(tls: TlsOptions): TlsSettings {
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new SwitchyardError('OPTIONS_INVALID', 'Option tls: cert and key must be set together.', {
      detail: { option: 'tls' },
    });
  }
  const authorities = (tls.ca === undefined ? [] : [tls.ca].flat()).map(pemText);
  for (const authority of authorities) assertCertificates(authority);
  return {
    ca: authorities,
    cert: tls.cert === undefined ? null : pemText(tls.cert),
    key: tls.key === undefined ? null : pemText(tls.key),
    passphrase: tls.passphrase ?? null,
    servername: tls.servername ?? null,
  };
}

/**
 * Throws if a string contains anything but certificates. TLS would silently ignore the other text, and then reject
 * every server.
 */
function assertCertificates(pem: string): void {
  const blocks = pem.split(/(?=-----BEGIN )/).filter((block) => block.startsWith('-----BEGIN '));
  try {
    for (const block of blocks.length === 0 ? [pem] : blocks) new X509Certificate(block);
  } catch (cause) {
    throw new SwitchyardError('OPTIONS_INVALID', 'Option tls: ca contains something other than PEM certificates.', {
      cause,
      detail: { option: 'tls' },
    });
  }
}

function pemText(pem: Pem): string {
  return typeof pem === 'string' ? pem : Buffer.from(pem).toString('utf8');
}

function resolveProxy(proxy: ProxyOptions | undefined, env: NodeJS.ProcessEnv): ProxySettings | null {
  const settings = proxySettings(proxy, env);
  return settings.httpProxy === '' && settings.httpsProxy === '' ? null : settings;
}

function proxySettings(proxy: ProxyOptions | undefined, env: NodeJS.ProcessEnv): ProxySettings {
  if (proxy === false) return { httpProxy: '', httpsProxy: '', noProxy: '' };
  if (typeof proxy === 'string') {
    const url = proxyUrl(proxy, 'Option proxy');
    return { httpProxy: url, httpsProxy: url, noProxy: '' };
  }
  if (proxy !== undefined) {
    return {
      httpProxy: proxyUrl(proxy.http, 'Option proxy.http'),
      httpsProxy: proxyUrl(proxy.https, 'Option proxy.https'),
      noProxy: proxy.noProxy ?? '',
    };
  }
  return {
    httpProxy: proxyUrl(env.http_proxy ?? env.HTTP_PROXY, 'HTTP_PROXY of the environment'),
    httpsProxy: proxyUrl(env.https_proxy ?? env.HTTPS_PROXY, 'HTTPS_PROXY of the environment'),
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
  };
}

/** Returns the URL of a proxy. As in other tools, `host:port` without a scheme means http. */
function proxyUrl(text: string | undefined, place: string): string {
  if (text === undefined || text === '') return '';
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) {
    const message = `${place} names an https proxy by its IP address; use the host name that is in its certificate.`;
    throw new SwitchyardError('OPTIONS_INVALID', message, { detail: { option: 'proxy' } });
  }
  if (url !== null && /^(https?|socks5?):$/.test(url.protocol) && url.hostname !== '') return url.href;
  throw new SwitchyardError('OPTIONS_INVALID', `${place} is not the URL of a proxy (http, https or socks5).`, {
    detail: { option: 'proxy' },
  });
}

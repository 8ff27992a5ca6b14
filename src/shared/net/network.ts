import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Certificate authorities and a client certificate, in PEM. */
export interface TlsSettings {
  /** Certificate authorities that are trusted in addition to the default authorities of Node.js. */
  readonly ca: readonly string[];
  readonly cert: string | null;
  readonly key: string | null;
  readonly passphrase: string | null;
  /** Name that the certificate of the server must have; null for the host name in the URL. */
  readonly servername: string | null;
}

/** The proxies for http and https. An empty string means that no proxy is used. */
export interface ProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Hosts for which no proxy is used, in the format of NO_PROXY. */
  readonly noProxy: string;
}

/** How to reach the network. Contains plain data only, because an undici agent cannot be sent to another thread. */
export interface NetworkSettings {
  /** Id of the settings. Equal settings have the same id. */
  readonly id: string;
  readonly tls: TlsSettings | null;
  /** Proxy settings; null if no proxy may be used. */
  readonly proxy: ProxySettings | null;
}

interface TlsConnect {
  readonly secureContext?: SecureContext;
  readonly servername?: string;
}

/** Options for undici's EnvHttpProxyAgent. undici's Agent accepts them too, and ignores the options about proxies. */
export interface AgentSettings {
  readonly connect: TlsConnect;
  readonly requestTls: TlsConnect;
  readonly proxyTls: TlsConnect;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/**
 * Returns the undici options for these settings. If a certificate or key cannot be read, throws the error of node:tls.
 */
export function agentSettings({ tls, proxy }: NetworkSettings): AgentSettings {
  // All connections share one TLS context, because parsing the many default authorities is slow.
  const secureContext = tls === null ? undefined : secureContextOf(tls);
  const trust: TlsConnect = secureContext === undefined ? {} : { secureContext };
  const toServer: TlsConnect = { ...trust, ...(tls?.servername != null && { servername: tls.servername }) };
  return {
    connect: toServer,
    requestTls: toServer,
    proxyTls: trust,
    httpProxy: proxy?.httpProxy ?? '',
    httpsProxy: proxy?.httpsProxy ?? '',
    noProxy: proxy?.noProxy ?? '',
  };
}

function secureContextOf(tls: TlsSettings): SecureContext {
  return createSecureContext({
    ca: [...getCACertificates('default'), ...tls.ca],
    ...(tls.cert !== null && { cert: tls.cert }),
    ...(tls.key !== null && { key: tls.key }),
    ...(tls.passphrase !== null && { passphrase: tls.passphrase }),
  });
}

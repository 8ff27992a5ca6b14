import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Additional certificate authorities and a client certificate, in PEM. */
export interface TlsSettings {
  /** Authorities that are trusted in addition to those of the runtime. */
  readonly ca: readonly string[];
  readonly cert: string | null;
  readonly key: string | null;
  readonly passphrase: string | null;
  /** Name that the certificate of the server must have; null for the host name in the URL. */
  readonly servername: string | null;
}

/** Proxies to use; an empty string means no proxy. */
export interface ProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Hosts that are reached directly, in the format of NO_PROXY. */
  readonly noProxy: string;
}

/** How to reach the network. Plain data, because an agent cannot cross threads. */
export interface NetworkSettings {
  /** Id that is equal for equal settings. */
  readonly id: string;
  readonly tls: TlsSettings | null;
  /** Proxy settings; null for no proxy at all. */
  readonly proxy: ProxySettings | null;
}

interface TlsConnect {
  readonly secureContext?: SecureContext;
  readonly servername?: string;
}

/** Options of undici's EnvHttpProxyAgent for these settings. undici's Agent ignores the options about proxies. */
export interface AgentSettings {
  readonly connect: TlsConnect;
  readonly requestTls: TlsConnect;
  readonly proxyTls: TlsConnect;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/**
 * Returns the undici options of these settings. Throws the error of node:tls for a certificate or key that it cannot
 * read.
 */
export function agentSettings({ tls, proxy }: NetworkSettings): AgentSettings {
  // All connections share one context, because parsing the many authorities of the runtime is expensive.
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

import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Own authorities and a client certificate, PEM. */
export interface TlsSettings {
  /** Trusted besides the runtime's own authorities. */
  readonly ca: readonly string[];
  readonly cert: string | null;
  readonly key: string | null;
  readonly passphrase: string | null;
  /** The name the server must prove, where that is not the one in the URL. */
  readonly servername: string | null;
}

/** Which proxies to use; an empty string for none. */
export interface ProxySettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Hosts that are reached directly, as NO_PROXY lists them. */
  readonly noProxy: string;
}

/** How to reach the network: plain data, since no Agent can cross threads. */
export interface NetworkSettings {
  /** Equal for equal settings. */
  readonly id: string;
  readonly tls: TlsSettings | null;
  /** Null for no proxy at all. */
  readonly proxy: ProxySettings | null;
}

interface TlsConnect {
  readonly secureContext?: SecureContext;
  readonly servername?: string;
}

/** What undici's EnvHttpProxyAgent (and its Agent, which has no use for the rest) takes for these settings. */
export interface AgentSettings {
  readonly connect: TlsConnect;
  readonly requestTls: TlsConnect;
  readonly proxyTls: TlsConnect;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
}

/** The undici options of these settings. Throws what node:tls throws on a certificate or key that it cannot read. */
export function agentSettings({ tls, proxy }: NetworkSettings): AgentSettings {
  // One context for all connections: the runtime's authorities alone are some 150 certificates to parse.
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

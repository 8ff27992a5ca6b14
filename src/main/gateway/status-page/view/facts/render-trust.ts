import type { SignerModel, TrustModel } from '../../model/trust-model.ts';
import { type Html, html } from '../html.ts';
import { instant } from '../instants.ts';
import { failure, pair } from './pairs.ts';

/** Renders the signatures of a map, the basis of trust in its keys, and why a map was dropped. */
export function renderTrust(trust: TrustModel, nowMs: number): Html {
  const { hasHmac, signers, isHmacOnly, keyDocument, restsOnConfiguration, keyFailure, dropped } = trust;
  return html`${(hasHmac || signers.length > 0) && pair('Signed by', renderSigners(trust, nowMs))}${
    isHmacOnly && pair('Caution', 'signed by its HMAC alone, though public keys are configured')
  }${
    keyDocument !== null && pair('Keys', renderKeys(keyDocument, nowMs))
  }${restsOnConfiguration && pair('Trust', 'rests on the configuration alone')}${
    keyFailure !== null && pair('Newer keys', failure(keyFailure))
  }${
    dropped !== null && pair('Dropped', html`<code>${dropped.code}</code> <small>${instant(dropped.at, nowMs)}</small>`)
  }`;
}

function renderKeys({ version, expiresAt }: NonNullable<TrustModel['keyDocument']>, nowMs: number): Html {
  return html`document ${version}${expiresAt !== null && html`, until ${instant(expiresAt, nowMs)}`}`;
}

function renderSigners({ hasHmac, signers }: TrustModel, nowMs: number): Html {
  return html`<ul>${hasHmac && html`<li>HMAC</li>`}${signers.map((signer) => renderSigner(signer, nowMs))}</ul>`;
}

function renderSigner({ kid, thumbprint, expiresAt, keyExpiresAt }: SignerModel, nowMs: number): Html {
  return html`<li><bdi>${kid}</bdi> <small>${thumbprint}…</small>, until ${instant(expiresAt, nowMs)}${
    keyExpiresAt !== null && html`; key until ${instant(keyExpiresAt, nowMs)}`
  }</li>`;
}

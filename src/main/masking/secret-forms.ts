/** One of the ways in which a secret may be written in text. */
export interface SecretForm {
  readonly text: string;
  /**
   * Whether the form is base64. In base64, the characters right before and after the form may also contain bits of the
   * secret.
   */
  readonly isBase64: boolean;
}

/** Minimum length of a base64 form. Shorter forms would often match text that does not contain the secret. */
const MIN_BASE64 = 5;

/**
 * Returns the forms of a secret to search for: plain, percent-encoded, escaped for JSON, in hex, and in base64 and
 * base64url at each of the three alignments. Also returns forms that are encoded twice.
 */
export function formsOf(secret: string): readonly SecretForm[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const percent = [...new Set(percentForms(secret.toWellFormed(), hex))];
  const json = jsonForms(secret);
  const base64 = [0, 1, 2].flatMap((offset) => base64Forms(bytes, offset));
  const texts = [
    ...[secret, hex, hex.toUpperCase()],
    ...percent.flatMap((text) => [text, text.replace(/%../g, (code) => code.toLowerCase()), encodeURIComponent(text)]),
    ...json,
    ...[...new Set(json)].flatMap((text) => JSON.stringify(text).slice(1, -1)),
  ];
  return [
    ...[...new Set(texts)].map((text) => ({ text, isBase64: false })),
    ...[...new Set(base64)].map((text) => ({ text, isBase64: true })),
  ];
}

/**
 * Returns the percent-encoded forms (RFC 3986) that common functions produce, and the form in which every byte is
 * encoded.
 */
function percentForms(secret: string, hex: string): readonly string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams({ a: secret }).toString().slice(2);
  return [component, strict, encodeURI(secret), form, hex.toUpperCase().replace(/../g, '%$&')];
}

/**
 * Returns the secret as it may appear within a JSON string: as JavaScript, PHP and Python escape it, and with every
 * character escaped.
 */
function jsonForms(secret: string): readonly string[] {
  const plain = JSON.stringify(secret).slice(1, -1);
  const ascii = plain.replace(/[\u0080-\uffff]/g, escapeOf);
  const all = Array.from({ length: secret.length }, (_, at) => escapeOf(secret[at] ?? '')).join('');
  const forms = [plain, ascii, all].flatMap((text) => [text, text.replaceAll('/', '\\/')]);
  return forms.flatMap((text) => [
    text,
    text.replace(/\\u[0-9a-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`),
  ]);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Returns the base64 characters that depend only on the secret and not on its neighbors. Base64 encodes groups of three
 * bytes. `offset` is the number of other bytes in the group in which the secret begins.
 */
function base64Forms(bytes: Buffer, offset: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const core = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  if (core.length < MIN_BASE64) return [];
  const forUrls = core.replaceAll('+', '-').replaceAll('/', '_');
  return [core, forUrls, core.replaceAll('/', '\\/'), encodeURIComponent(core)];
}

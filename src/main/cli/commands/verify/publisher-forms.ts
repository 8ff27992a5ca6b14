import { createHmac } from 'node:crypto';

/** How a publisher may have serialized a map and encoded its HMAC. Only the first value of each field is correct. */
interface PublisherForm {
  readonly order: 'sorted by UTF-16 code unit' | 'sorted by locale' | 'in the order sent';
  readonly escapes: 'non-ASCII as it is' | 'non-ASCII escaped';
  readonly spacing: 'no spaces' | 'a space after each comma and colon';
  readonly scope: 'everything but the signature' | 'the known members alone';
}

const ORDERS: readonly PublisherForm['order'][] = [
  'sorted by UTF-16 code unit',
  'sorted by locale',
  'in the order sent',
];
const ESCAPES: readonly PublisherForm['escapes'][] = ['non-ASCII as it is', 'non-ASCII escaped'];
const SPACINGS: readonly PublisherForm['spacing'][] = ['no spaces', 'a space after each comma and colon'];
const SCOPES: readonly PublisherForm['scope'][] = ['everything but the signature', 'the known members alone'];

const KNOWN_MEMBERS = ['id', 'brand', 'generatedAt', 'ttlSeconds', 'connectors', 'metadata'];

const ENCODINGS = ['base64url', 'hex', 'base64'] as const;

/**
 * Returns a description of the serialization with which `signature` matches the map; null if no known serialization
 * matches. Used only to explain a wrong HMAC, because hosts accept only RFC 8785.
 */
export function matchingForm(map: Readonly<Record<string, unknown>>, signature: string, key: string): string | null {
  for (const order of ORDERS) {
    for (const escapes of ESCAPES) {
      for (const spacing of SPACINGS) {
        for (const scope of SCOPES) {
          const form = { order, escapes, spacing, scope };
          const mac = createHmac('sha256', key).update(serialize(map, form)).digest();
          const encoding = ENCODINGS.find((name) => isSpelling(signature, mac.toString(name)));
          if (encoding !== undefined)
            return `keys ${order}, ${escapes}, ${spacing}, ${scope}; signature in ${encoding}`;
        }
      }
    }
  }
  return null;
}

/** Whether two encoded signatures are equal. Ignores padding and, in hex, the case of letters. */
function isSpelling(given: string, expected: string): boolean {
  const bare = (text: string): string => text.trim().replace(/=+$/, '');
  return bare(given) === bare(expected) || (/^[0-9a-f]+$/.test(expected) && given.trim().toLowerCase() === expected);
}

function serialize(map: Readonly<Record<string, unknown>>, form: PublisherForm): string {
  const names = form.scope === 'the known members alone' ? KNOWN_MEMBERS : Object.keys(map);
  const members = Object.keys(map).filter((name) => name !== 'signature' && names.includes(name));
  const payload = Object.fromEntries(members.map((name) => [name, map[name]]));
  const text = write(payload, form);
  if (form.escapes === 'non-ASCII as it is') return text;
  return text.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function write(value: unknown, form: PublisherForm): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isSpaced = form.spacing !== 'no spaces';
  const comma = isSpaced ? ', ' : ',';
  if (Array.isArray(value)) return `[${value.map((item) => write(item, form)).join(comma)}]`;
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record);
  if (form.order === 'sorted by UTF-16 code unit') keys.sort();
  if (form.order === 'sorted by locale') keys.sort((a, b) => a.localeCompare(b));
  const colon = isSpaced ? ': ' : ':';
  return `{${keys.map((key) => `${JSON.stringify(key)}${colon}${write(record[key], form)}`).join(comma)}}`;
}

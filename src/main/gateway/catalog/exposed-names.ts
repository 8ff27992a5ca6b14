import { hash } from 'node:crypto';

/** Names of what several connectors offer, as clients see them. */
export interface ExposedNames {
  readonly separator: string;
  /** The name of a connector's tool or prompt: always the same one, which no other has. */
  expose(connectorId: string, name: string): string;
  /** Takes a plain name apart; null for a name that had to be changed, which can only be looked up. */
  split(exposed: string): { readonly connectorId: string; readonly name: string } | null;
}

/** The strictest clients in use accept 64 of these characters. */
const PART = /^[A-Za-z0-9_-]+$/;
const MAX_LENGTH = 64;

const HASH_LENGTH = 12;
const HASHED = new RegExp(`_[0-9a-f]{${HASH_LENGTH}}$`);

/**
 * Names of the form `<connectorId><separator><name>`. A name that would be too long, hold other characters or be
 * read in two ways is shortened, cleaned, and ends in a hash of connector and name. Whether it is changed depends on
 * these two alone, not on what else is there: a name never moves from one tool to another.
 */
export function createExposedNames(separator = '__'): ExposedNames {
  const isPlain = (connectorId: string, name: string): boolean => {
    const exposed = connectorId + separator + name;
    const isAccepted = PART.test(connectorId) && PART.test(name) && exposed.length <= MAX_LENGTH;
    return isAccepted && exposed.indexOf(separator) === connectorId.length && !HASHED.test(exposed);
  };
  return {
    separator,
    expose(connectorId, name) {
      if (isPlain(connectorId, name)) return connectorId + separator + name;
      const digest = hash('sha256', wellFormed(`${connectorId}\0${name}`)).slice(0, HASH_LENGTH);
      const readable = `${clean(connectorId)}${separator}${clean(name)}`.slice(0, MAX_LENGTH - HASH_LENGTH - 1);
      return `${readable}_${digest}`;
    },
    split(exposed) {
      const at = exposed.indexOf(separator);
      if (at <= 0 || HASHED.test(exposed)) return null;
      const parts = { connectorId: exposed.slice(0, at), name: exposed.slice(at + separator.length) };
      return isPlain(parts.connectorId, parts.name) ? parts : null;
    },
  };
}

/** Halves of a character that a connector sent alone are all the same to a hash, unless they are escaped. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : JSON.stringify(text);
}

function clean(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_');
}

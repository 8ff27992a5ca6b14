import { hash } from 'node:crypto';

/** Names under which clients see the tools and prompts of several connectors. */
export interface ExposedNames {
  readonly separator: string;
  /**
   * Returns the exposed name of a connector's tool or prompt. The name never changes, and no other tool or prompt has
   * the same name.
   */
  expose(connectorId: string, name: string): string;
  /**
   * Splits an exposed name into the connector's id and the connector's own name for the item. Returns null for a hashed
   * name, which can only be looked up.
   */
  split(exposed: string): { readonly connectorId: string; readonly name: string } | null;
}

/** Characters that a name may contain. The strictest clients in use accept names of at most 64 characters. */
const PART = /^[A-Za-z0-9_-]+$/;
const MAX_LENGTH = 64;

const HASH_LENGTH = 12;
const HASHED = new RegExp(`_[0-9a-f]{${HASH_LENGTH}}$`);

/**
 * Creates names of the form `<connectorId><separator><name>`. A name that would be too long or ambiguous, or would
 * contain forbidden characters, is cleaned and shortened. It then ends with a hash of connector and name. Whether a
 * name is changed depends only on the connector and the name, not on other tools. So an exposed name always belongs to
 * the same tool.
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

/** Escapes text with lone surrogates. Without the escape, all lone surrogates would have the same hash. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : JSON.stringify(text);
}

function clean(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_');
}

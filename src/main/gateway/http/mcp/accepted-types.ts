/** Whether a client accepts responses as JSON, and as an event stream. */
export interface AcceptedTypes {
  readonly json: boolean;
  readonly stream: boolean;
}

/**
 * Reads an `Accept` header (RFC 9110 section 12.5.1) in any letter case, with parameters, quality values and wildcards.
 * A missing or empty header accepts everything. The most specific range decides, so a type with `q=0` is refused even
 * if a wildcard would accept it.
 */
export function acceptedTypes(accept: string | undefined): AcceptedTypes {
  const known = read.get(accept);
  if (known !== undefined) return known;
  const types = readTypes(accept);
  // Nearly all clients send one of a few different `Accept` headers. Long headers are not cached, and the number of
  // cached headers is limited.
  if (read.size < MAX_KEPT && (accept?.length ?? 0) <= MAX_KEPT_LENGTH) read.set(accept, types);
  return types;
}

const MAX_KEPT = 100;
const MAX_KEPT_LENGTH = 256;

/** Cache of parsed headers. */
const read = new Map<string | undefined, AcceptedTypes>();

function readTypes(accept: string | undefined): AcceptedTypes {
  if (accept === undefined || accept.trim() === '') return { json: true, stream: true };
  const qualities = new Map<string, number>();
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => /^q\s*=/.test(parameter))?.replace(/^q\s*=\s*/, '') ?? '1';
    // If a type is listed twice with different parameters, the higher quality value applies.
    qualities.set(type, Math.max(qualities.get(type) ?? 0, Number(quality) || 0));
  }
  const isAccepted = (type: string): boolean => {
    const range = [type, `${type.split('/', 1)[0]}/*`, '*/*', '*'].find((candidate) => qualities.has(candidate));
    return range !== undefined && (qualities.get(range) ?? 0) > 0;
  };
  return { json: isAccepted('application/json'), stream: isAccepted('text/event-stream') };
}

import { trimBlanks } from '../../../shared/net/trim-blanks.ts';

/** A span of another process, with its trace state, as W3C Trace Context defines them. */
export interface RemoteTrace {
  readonly traceId: string;
  readonly spanId: string;
  /**
   * Trace flags. Bit 0 means that the trace is sampled, and bit 1 that its trace id is random (W3C Trace Context level
   * 2).
   */
  readonly flags: number;
  /** Normalized value of `tracestate`; null without a trace state. */
  readonly tracestate: string | null;
}

/** The trace context in a message. Parts that are absent or malformed are null. */
export interface Carried {
  readonly parent: RemoteTrace | null;
  /** Normalized value of `baggage` (W3C Baggage). */
  readonly baggage: string | null;
}

/** The fields of `_meta` (SEP-414) and the HTTP headers that contain a trace. */
export const TRACE_FIELDS: readonly string[] = ['traceparent', 'tracestate', 'baggage'];

export const NOTHING_CARRIED: Carried = { parent: null, baggage: null };

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);
const TRACEPARENT_LENGTH = 55;
const MAX_TRACEPARENT_LENGTH = 512;

/** The flag bits that W3C Trace Context level 2 defines (trace-flags). All other bits must be sent as zero. */
const SAMPLED = 0x01;
const RANDOM = 0x02;

const MAX_STATE_MEMBERS = 32;
/**
 * Maximum length of a `tracestate` that is sent. At least this much must be passed on (level 2, section 3.3.1.5). If a
 * `tracestate` is longer, its longest members are dropped first.
 */
const MAX_STATE_LENGTH = 512;
const LONG_STATE_MEMBER = 128;
/** Maximum length of a received header or `_meta` field. A longer value is ignored. */
const MAX_RAW_LENGTH = 16_384;
const STATE_MEMBER =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

const MAX_BAGGAGE_MEMBERS = 64;
const MAX_BAGGAGE_LENGTH = 8_192;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const BAGGAGE_VALUE = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const BAGGAGE_MEMBER = new RegExp(
  `^${TOKEN}[ \\t]*=[ \\t]*${BAGGAGE_VALUE}(?:[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*${BAGGAGE_VALUE})?)*$`,
);

/**
 * Reads the trace context from `_meta` or from HTTP headers. A malformed value is treated as absent, because it must
 * not cause the message to be rejected. `tracestate` is ignored without a valid `traceparent`.
 */
export function readTrace(fields: Readonly<Record<string, unknown>>): Carried {
  const { traceparent, tracestate, baggage } = fields;
  if (traceparent === undefined && baggage === undefined) return NOTHING_CARRIED;
  const parent = parseTraceparent(traceparent);
  return {
    parent: parent === null ? null : { ...parent, tracestate: parseTracestate(tracestate) },
    baggage: parseBaggage(baggage),
  };
}

/** Reads the trace context from the `_meta` in the parameters of a message (SEP-414). */
export function readTraceOfMeta({ _meta }: Readonly<Record<string, unknown>>): Carried {
  const isObject = typeof _meta === 'object' && _meta !== null;
  return isObject ? readTrace(_meta as Readonly<Record<string, unknown>>) : NOTHING_CARRIED;
}

/** Whether the parameters of a message contain a trace context, valid or not. */
export function carriesTrace({ _meta }: Readonly<Record<string, unknown>>): boolean {
  return typeof _meta === 'object' && _meta !== null && TRACE_FIELDS.some((field) => field in _meta);
}

/** Returns the parameters of a message without the trace context in their `_meta`. */
export function withoutTrace(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!carriesTrace(params)) return params;
  const kept = Object.entries(params._meta as object).filter(([key]) => !TRACE_FIELDS.includes(key));
  return { ...params, _meta: Object.fromEntries(kept) };
}

/**
 * Parses a `traceparent` (W3C Trace Context level 2, section 3.2). If the version is later than 00, reads only the
 * fields that version 00 defines. Returns null if the value is malformed.
 */
export function parseTraceparent(value: unknown): Omit<RemoteTrace, 'tracestate'> | null {
  if (typeof value !== 'string' || value.length < TRACEPARENT_LENGTH || value.length > MAX_TRACEPARENT_LENGTH)
    return null;
  const [, version, traceId = NO_TRACE_ID, spanId = NO_SPAN_ID, flags = ''] = TRACEPARENT.exec(value) ?? [];
  if (version === undefined || version === 'ff' || traceId === NO_TRACE_ID || spanId === NO_SPAN_ID) return null;
  if (version === '00' && value.length !== TRACEPARENT_LENGTH) return null;
  const known = version === '00' ? SAMPLED | RANDOM : SAMPLED;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & known };
}

/** Formats a `traceparent` of version 00. */
export function formatTraceparent({ traceId, spanId, flags }: Omit<RemoteTrace, 'tracestate'>): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}

/**
 * Parses a `tracestate` (section 3.3). Returns null if a member is malformed, a key occurs twice, or there are more
 * than 32 members.
 */
export function parseTracestate(value: unknown): string | null {
  const members = membersOf(value);
  if (members.length === 0 || members.length > MAX_STATE_MEMBERS) return null;
  if (!members.every((member) => STATE_MEMBER.test(member))) return null;
  if (new Set(members.map((member) => member.slice(0, member.indexOf('=')))).size < members.length) return null;
  return shortened(members);
}

/**
 * Parses W3C Baggage. Returns null if a member is malformed. Members after the first 64 members or 8 192 bytes are left
 * out.
 */
export function parseBaggage(value: unknown): string | null {
  const members = membersOf(value);
  if (!members.every((member) => BAGGAGE_MEMBER.test(member))) return null;
  let text = '';
  for (const member of members.slice(0, MAX_BAGGAGE_MEMBERS)) {
    const longer = text === '' ? member : `${text},${member}`;
    if (longer.length > MAX_BAGGAGE_LENGTH) break;
    text = longer;
  }
  return text === '' ? null : text;
}

/** Splits a list at its commas, and drops empty members. */
function membersOf(value: unknown): readonly string[] {
  if (typeof value !== 'string' || value.length > MAX_RAW_LENGTH) return [];
  return value.split(',').flatMap((part) => trimBlanks(part) || []);
}

/** Shortens a `tracestate` to {@link MAX_STATE_LENGTH}: first drops long members, then members from the end. */
function shortened(members: readonly string[]): string | null {
  const whole = members.join(',');
  if (whole.length <= MAX_STATE_LENGTH) return whole;
  const kept = members.filter((member) => member.length <= LONG_STATE_MEMBER);
  while (kept.join(',').length > MAX_STATE_LENGTH) kept.pop();
  return kept.length === 0 ? null : kept.join(',');
}

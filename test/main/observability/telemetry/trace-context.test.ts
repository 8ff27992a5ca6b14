import { describe, expect, it } from 'vitest';
import {
  formatTraceparent,
  parseBaggage,
  parseTraceparent,
  parseTracestate,
  readTrace,
  readTraceOfMeta,
} from '../../../../src/main/observability/telemetry/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const VALID = `00-${TRACE}-${SPAN}-01`;

describe('parseTraceparent', () => {
  it.each([
    [VALID, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-03`, 3],
    // Unknown flag bits are replaced by zeros.
    [`00-${TRACE}-${SPAN}-ff`, 3],
    // A later version is parsed like version 00.
    [`01-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
  ])('parseTraceparent() parses %s', (value, flags) => {
    expect(parseTraceparent(value)).toEqual({ traceId: TRACE, spanId: SPAN, flags });
  });

  it.each([
    ['an absent value', undefined],
    ['null', null],
    ['a number', 1],
    ['an array', [VALID]],
    ['an empty string', ''],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${TRACE}-${SPAN}-01`],
    ['capital letters', VALID.toUpperCase()],
    ['a letter that is not a hex digit', `00-${TRACE.slice(1)}g-${SPAN}-01`],
    ['a short trace id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a long trace id', `00-0${TRACE}-${SPAN}-01`],
    ['a short span id', `00-${TRACE}-${SPAN.slice(1)}-01`],
    ['short flags', `00-${TRACE}-${SPAN}-1`],
    ['no flags', `00-${TRACE}-${SPAN}`],
    ['more text after the flags of version 00', `${VALID}-more`],
    ['more text without a dash after the flags of a later version', `01-${TRACE}-${SPAN}-01more`],
    ['a leading space', ` ${VALID}`],
    ['a trailing line break', `${VALID}\n`],
    ['two joined header values', `${VALID}, ${VALID}`],
    ['a very long later version', `01-${TRACE}-${SPAN}-01-${'x'.repeat(1_000)}`],
  ])('parseTraceparent() rejects %s', (_, value) => {
    expect(parseTraceparent(value)).toBeNull();
  });

  it('parseTraceparent() is the inverse of formatTraceparent()', () => {
    expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, flags: 1 })).toBe(VALID);
  });
});

describe('parseTracestate', () => {
  it.each([
    ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    [' a=1 ,\tb=2 ', 'a=1,b=2'],
    ['a=1,,b=2,', 'a=1,b=2'],
    ['tenant@system=x', 'tenant@system=x'],
    ['a=b c', 'a=b c'],
  ])('parseTracestate() parses %j', (value, expected) => {
    expect(parseTracestate(value)).toBe(expected);
  });

  it.each([
    ['an absent value', undefined],
    ['an object', {}],
    ['an empty string', ''],
    ['a member without a value', 'a'],
    ['an empty value', 'a='],
    ['a capital letter in a key', 'A=1'],
    ['a value with an equals sign', 'a=1=2'],
    ['a value beyond ASCII', 'a=ü'],
    ['a line break', 'a=1\r\nx-injected: 1'],
    ['a duplicate key', 'a=1,b=2,a=3'],
    ['more than 32 members', Array.from({ length: 33 }, (_, index) => `k${index}=1`).join()],
    ['a key that is too long', `${'k'.repeat(257)}=1`],
    ['a value that is too long', `k=${'v'.repeat(257)}`],
  ])('parseTracestate() rejects %s', (_, value) => {
    expect(parseTracestate(value)).toBeNull();
  });

  it('parseTracestate() keeps all of 32 members with 511 characters in total', () => {
    const value = Array.from(
      { length: 32 },
      (_, index) => `k${String(index).padStart(2, '0')}=${'v'.repeat(11)}`,
    ).join();
    expect(value).toHaveLength(511);
    expect(parseTracestate(value)).toBe(value);
  });

  it('parseTracestate() first drops members over 128 characters from an overlong list, then the last members', () => {
    const long = `long=${'v'.repeat(200)}`;
    const short = (key: string): string => `${key}=${'v'.repeat(98)}`;
    expect(parseTracestate([short('a'), long, short('b'), short('c')].join())).toBe(
      [short('a'), long, short('b'), short('c')].join(),
    );
    const all = [short('a'), long, short('b'), short('c'), short('d')];
    expect(parseTracestate(all.join())).toBe([short('a'), short('b'), short('c'), short('d')].join());
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map(short);
    expect(parseTracestate(many.join())).toBe(many.slice(0, 5).join());
  });
});

describe('parseBaggage', () => {
  it.each([
    ['userId=alice,serverNode=DF%2028,isProduction=false', 'userId=alice,serverNode=DF%2028,isProduction=false'],
    ['a = 1 ; p ; q=2 , b=3', 'a = 1 ; p ; q=2,b=3'],
    ['empty=', 'empty='],
  ])('parseBaggage() parses %j', (value, expected) => {
    expect(parseBaggage(value)).toBe(expected);
  });

  it.each([undefined, 7, '', 'no value', 'a=b c', 'a="b"', 'a=ü', 'a=1\nb: 2', 'a=1,=2', 'a b=1'])(
    'parseBaggage() rejects %j',
    (value) => {
      expect(parseBaggage(value)).toBeNull();
    },
  );

  it('parseBaggage() keeps 64 members and 8 192 bytes, and drops the rest', () => {
    const many = Array.from({ length: 70 }, (_, index) => `k${index}=1`);
    expect(parseBaggage(many.join())).toBe(many.slice(0, 64).join());
    const large = Array.from({ length: 9 }, (_, index) => `k${index}=${'v'.repeat(996)}`);
    expect(parseBaggage(large.join())).toBe(large.slice(0, 8).join());
  });

  it('parseBaggage() rejects an overlong text immediately, and parses a hostile text in linear time', () => {
    expect(parseBaggage(`a=${'v'.repeat(20_000)}`)).toBeNull();
    expect(parseBaggage(`a=1${' ;'.repeat(8_000)}`)).toBeNull();
  });
});

describe('readTrace', () => {
  it('readTrace() reads `tracestate` only with a valid `traceparent`, but `baggage` also without a `traceparent`', () => {
    const state = { tracestate: 'a=1', baggage: 'k=v' };
    const parent = { traceId: TRACE, spanId: SPAN, flags: 1 };
    expect(readTrace({ traceparent: VALID, ...state })).toEqual({
      parent: { ...parent, tracestate: 'a=1' },
      baggage: 'k=v',
    });
    expect(readTrace({ traceparent: VALID, tracestate: 'A' })).toEqual({
      parent: { ...parent, tracestate: null },
      baggage: null,
    });
    expect(readTrace({ traceparent: 'junk', ...state })).toEqual({ parent: null, baggage: 'k=v' });
    expect(readTrace(state)).toEqual({ parent: null, baggage: 'k=v' });
  });

  it.each([undefined, null, 'text', 7, []])('readTraceOfMeta() reads nothing from the `_meta` %j', (_meta) => {
    expect(readTraceOfMeta({ _meta })).toEqual({ parent: null, baggage: null });
  });
});

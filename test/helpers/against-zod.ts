import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import type * as z from 'zod';
import type { Check } from '../../src/shared/validation/check.ts';
import { Fault } from '../../src/shared/validation/fault.ts';

/** A change within a value. `steps` is the path to the changed place. Each step selects a member by its index. */
interface Mutation {
  readonly steps: readonly number[];
  readonly kind: 'replace' | 'remove' | 'add';
  readonly name: string | symbol;
  readonly value: unknown;
}

class Instance {
  readonly url = 'http://maps.test/';
  get name(): string {
    return 'x';
  }
}

/** Returns an object with an own member `__proto__`, as parsed JSON may have. */
const withProto = (): unknown => JSON.parse('{ "__proto__": { "id": "x" }, "constructor": "y", "call": 1 }');

const sparse = (): unknown[] => {
  const array: unknown[] = ['read'];
  array[3] = 'write';
  return array;
};

/** Hostile values that a JSON document or a careless host may contain anywhere. */
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    '',
    'x',
    ' ',
    'x'.repeat(2_049),
    '\ud800',
    'a\u0000',
    '__proto__',
  ),
  fc.constantFrom<unknown>(
    0,
    -0,
    1,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    2 ** 53,
    1e308,
    10n,
    Symbol('s'),
  ),
  fc.constantFrom<unknown>(() => 1, class {}, new Date(0), new Uint8Array(2), new Map(), /x/, new Error('x')),
  fc
    .constantFrom<() => unknown>(
      sparse,
      withProto,
      () => new Instance(),
      () => Object.create(null),
    )
    .map((make) => make()),
  fc.constantFrom<unknown>(
    AbortSignal.abort(),
    new Proxy({}, {}),
    new Proxy([], {}),
    Object.create({ id: 'inherited' }),
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [''],
    ['x'],
    [5],
    ['', 5],
    [[]],
    [{}],
    { x: '' },
    { path: '' },
    { path: 5 },
    { type: 'bearer' },
  ),
  fc.constantFrom<unknown>(
    '2026-02-29T12:00:00Z',
    '2024-02-29T12:00:00+02:00',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:00:00',
  ),
  fc.constantFrom<unknown>(
    'http://a.b/',
    'http://a:80@b/',
    'https://a.b.',
    'http://1.2.3.4.5/',
    'http://xn--a/',
    'HTTP://A/',
  ),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.jsonValue(),
  fc.anything({
    withNullPrototype: true,
    withSparseArray: true,
    withBigInt: true,
    withTypedArray: true,
    withMap: true,
  }),
);

const memberName = fc.oneof(
  fc.constantFrom<string | symbol>(
    '__proto__',
    'constructor',
    'toString',
    'x y',
    '',
    'X-Tenant',
    '0',
    '-1',
    'a[0]',
    Symbol('s'),
  ),
  fc.string(),
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  steps: fc.array(fc.nat(40), { maxLength: 4 }),
  kind: fc.constantFrom('replace', 'remove', 'add'),
  name: memberName,
  value: hostile,
});

/** Whether a value is an object or an array that can be copied without loss. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}

function copyOf<T>(value: T): T {
  if (!isPlain(value)) return value;
  const copy = (Array.isArray(value) ? [] : {}) as T & object;
  for (const key of Reflect.ownKeys(value)) {
    const { value: member, ...descriptor } = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    Object.defineProperty(copy, key, { ...descriptor, value: copyOf(member) });
  }
  return copy;
}

function mutate(root: unknown, { steps, kind, name, value }: Mutation): unknown {
  let place: Record<string, unknown> | null = null;
  let key = '';
  let node = root;
  for (const step of steps) {
    const names = isPlain(node) ? Object.keys(node) : [];
    const next = names[step % (names.length + 1)];
    if (next === undefined) break;
    place = node as Record<string, unknown>;
    key = next;
    node = place[key];
  }
  const descriptor = { value, enumerable: true, configurable: true, writable: true };
  if (kind === 'add' && isPlain(node) && !Array.isArray(node)) Object.defineProperty(node, name, descriptor);
  else if (place === null) return kind === 'replace' ? value : root;
  else if (kind === 'remove') delete place[key];
  else Object.defineProperty(place, key, descriptor);
  return root;
}

/** Samples with up to three hostile changes each, and unrelated values. */
export function variantsOf(...samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const changed = fc
    .tuple(fc.constantFrom(...samples), fc.array(mutation, { maxLength: 3 }))
    .map(([sample, mutations]) => mutations.reduce(mutate, copyOf(sample)));
  return fc.oneof({ arbitrary: changed, weight: 12 }, { arbitrary: hostile, weight: 1 });
}

/** Whether JSON can represent a value. */
function isJson(value: unknown): boolean {
  try {
    return isDeepStrictEqual(value, JSON.parse(JSON.stringify(value)));
  } catch {
    return false;
  }
}

/**
 * Expects that a check and a zod schema agree on a value: on acceptance, on the path of the first fault, and on the
 * output. With `of: 'json'`, compares outputs only if JSON can represent the value, because the check returns the
 * object itself, but zod returns a copy of its known members.
 */
export function expectAgreement(check: Check<unknown>, schema: z.ZodType, value: unknown, of: 'json' | 'host'): void {
  const expected = schema.safeParse(value);
  const actual = check(value);
  if (expected.success) {
    expect(actual).not.toBeInstanceOf(Fault);
    if (of === 'host' || isJson(value)) expect(actual).toEqual(expected.data);
    return;
  }
  expect(actual).toMatchObject({ message: expect.stringMatching(BEGINNING) });
  const [first] = expected.error.issues;
  // A list of a wrong length may also hold a wrong item. Either fault may be reported first.
  const isLength = first?.code === 'too_big' || first?.code === 'too_small';
  const { path } = actual as Fault;
  expect(isLength ? path.slice(0, first.path.length) : path).toEqual(first?.path);
}

/** A fault's message begins with one of these words, because it follows the name of the faulty member. */
const BEGINNING = /^(must|is|has|holds|contains|needs|two of them) /;

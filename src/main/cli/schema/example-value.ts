import { type Alternative, alternativesOf, type Schema } from './alternatives.ts';
import { itemSchema, parametersOfAlternatives } from './parameters.ts';

/**
 * Maximum nesting of an example. The limit is necessary, because a schema can require a property that has the same
 * schema.
 */
const MAX_DEPTH = 6;

const FORMATS: Readonly<Record<string, string>> = {
  uri: 'https://example.com/',
  url: 'https://example.com/',
  email: 'name@example.com',
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  duration: 'PT1H',
  uuid: '00000000-0000-4000-8000-000000000000',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

/**
 * Returns a value that a schema allows: the example or default of the schema, if there is one, or else a value that
 * fits the type.
 */
export function exampleValue(schema: unknown, root: Schema, depth = 0): unknown {
  const alternatives = alternativesOf(schema, root);
  const [given] = alternatives.flatMap(({ schema: own }) => [
    ...(Array.isArray(own.examples) && own.examples.length > 0 ? [own.examples[0]] : []),
    ...(Object.hasOwn(own, 'default') && own.default !== null ? [own.default] : []),
  ]);
  if (given !== undefined) return given;
  const preferred = alternatives.find(({ type }) => type !== 'null') ?? alternatives[0];
  return preferred === undefined ? 'text' : exampleOf(preferred, root, depth);
}

function exampleOf(alternative: Alternative, root: Schema, depth: number): unknown {
  const { type, schema, values } = alternative;
  if (values !== null && values.length > 0) return values[0];
  switch (type) {
    case 'string':
      return exampleText(schema);
    case 'number':
    case 'integer':
      return exampleNumber(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array': {
      const isEnough = depth >= MAX_DEPTH || schema.maxItems === 0;
      const count = isEnough ? 0 : Math.max(1, Math.min(8, Number(schema.minItems ?? 1)));
      return Array.from({ length: count }, (_, index) =>
        exampleValue(itemSchema(index, [alternative]), root, depth + 1),
      );
    }
    case 'object': {
      const required = parametersOfAlternatives([alternative]).list.filter(({ isRequired }) => isRequired);
      const members = depth >= MAX_DEPTH ? [] : required;
      return Object.fromEntries(members.map(({ name, schema: own }) => [name, exampleValue(own, root, depth + 1)]));
    }
    case 'any':
      return 'text';
  }
}

function exampleText({ format, minLength, maxLength }: Schema): string {
  const text = (typeof format === 'string' ? FORMATS[format] : undefined) ?? 'text';
  const least = typeof minLength === 'number' ? Math.min(minLength, 64) : 0;
  const most = typeof maxLength === 'number' ? maxLength : text.length + least;
  return text.padEnd(least, 'x').slice(0, Math.max(most, 0));
}

function exampleNumber({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: Schema): number {
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : 1;
  const least = Math.max(
    typeof minimum === 'number' ? minimum : -Infinity,
    typeof exclusiveMinimum === 'number' ? exclusiveMinimum + step : -Infinity,
  );
  const most = Math.min(
    typeof maximum === 'number' ? maximum : Infinity,
    typeof exclusiveMaximum === 'number' ? exclusiveMaximum - step : Infinity,
  );
  const wanted = Math.min(Math.max(step, least), most);
  const rounded = Math.ceil(wanted / step) * step;
  return rounded <= most ? rounded : wanted;
}

import { isObject, type JsonObject } from '../json-rpc.ts';
import { compileFault } from './compile-fault.ts';
import {
  ABSENT,
  checked,
  Exam,
  isEmptyList,
  isStrings,
  type Members,
  type Mend,
  mendMembers,
  required,
  stringHint,
  UNFIT,
} from './members.ts';

/** Checks the input schema of a tool. The arguments of a tool are always an object. */
export const mendInputSchema: Mend = (value, exam, path) => {
  if (value === undefined || value === null) return exam.repair('input-object', `${path} is missing`, OBJECT_SCHEMA);
  if (isEmptyList(value)) return exam.repair('empty-container', `${path} is a list`, OBJECT_SCHEMA);
  if (!isObject(value)) return exam.unfit('input-schema', `${path} is not an object`);
  return mendMembers(value, INPUT_MEMBERS, exam, path);
};

/**
 * Checks the output schema of a tool. Before 2025-06-18, tools have no output schema. Until 2025-11-25, the schema must
 * describe an object. In 2026-07-28, it may describe any value.
 */
export const mendOutputSchema: Mend = (value, exam, path) => {
  if (value === undefined) return value;
  if (value === null) return exam.repair('null-absent', `${path} is null`, ABSENT);
  const leaveOut = (why: string): typeof ABSENT => exam.repair('output-absent', `${path} ${why}`, ABSENT);
  if (exam.revision === '2025-03-26') return leaveOut('is not part of this revision');
  if (!isObject(value)) return leaveOut('is not an object');
  if (exam.isModern) return mendMembers(value, [DIALECT], exam, path);
  if (value.type !== 'object') return leaveOut('is not the schema of an object');
  const inner = new Exam(exam.revision, exam.name);
  const mended = mendMembers(value, OUTPUT_MEMBERS, inner, path);
  if (mended === UNFIT) return leaveOut('is invalid');
  const fault = compileFault(mended);
  if (fault !== null) return leaveOut(`cannot be compiled: ${fault}`);
  for (const repair of inner.repairs) exam.repair(repair, inner.fault ?? path, mended);
  return mended;
};

const OBJECT_SCHEMA = { type: 'object' } as const;

const mendType: Mend = (value, exam, path) => {
  if (value === 'object') return value;
  if (value === undefined || value === null) return exam.repair('input-object', `${path} is missing`, 'object');
  const isOneOfMany = Array.isArray(value) && value.includes('object');
  if (isOneOfMany) return exam.repair('input-object', `${path} is not exactly "object"`, 'object');
  return exam.unfit('input-schema', `${path} is not "object"`);
};

const mendProperties: Mend = (value, exam, path) => {
  if (value === undefined) return value;
  if (value === null) return exam.repair('null-absent', `${path} is null`, ABSENT);
  if (isEmptyList(value)) return exam.repair('empty-container', `${path} is a list`, {});
  if (!isObject(value)) return exam.unfit('input-schema', `${path} is not an object`);
  if (areSchemas(value, exam.isModern)) return value;
  const mended = Object.entries(value).map(([name, schema]) => [name, mendPropertySchema(schema, exam, path)] as const);
  return mended.some(([, schema]) => schema === UNFIT) ? UNFIT : Object.fromEntries(mended);
};

function areSchemas(properties: JsonObject, isModern: boolean): boolean {
  for (const name in properties) {
    const schema = properties[name];
    if (!isObject(schema) && !(isModern && typeof schema === 'boolean')) return false;
  }
  return true;
}

/**
 * Checks the schema of one property. Clients of the legacy protocol do not accept a boolean as a schema, so a boolean
 * is replaced by an equivalent object.
 */
const mendPropertySchema: Mend = (schema, exam, path) => {
  if (isObject(schema) || (exam.isModern && typeof schema === 'boolean')) return schema;
  if (schema === null || schema === true)
    return exam.repair('property-schema', `${path} does not contain an object`, {});
  if (schema === false) return exam.repair('property-schema', `${path} does not contain an object`, { not: {} });
  return exam.unfit('input-schema', `${path} does not contain a schema`);
};

const mendRequired: Mend = (value, exam, path) => {
  if (value === undefined || isStrings(value)) return value;
  return exam.repair(value === null ? 'null-absent' : 'required-absent', `${path} is not a list of strings`, ABSENT);
};

/** Checks `$schema` for modern clients. Legacy clients ignore it. */
const mendDialect: Mend = (value, exam, path) => (exam.isModern ? DIALECT.mend(value, exam, path) : value);
const DIALECT = stringHint('$schema');

const INPUT_MEMBERS: Members = [
  required('type', mendType),
  checked('properties', mendProperties),
  checked('required', mendRequired),
  checked('$schema', mendDialect),
];

const OUTPUT_MEMBERS: Members = [checked('properties', mendProperties), checked('required', mendRequired)];

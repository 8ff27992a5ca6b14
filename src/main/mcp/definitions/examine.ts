import { isObject, type JsonObject } from '../json-rpc.ts';
import { type DefinitionKind, type Examined, NAME_MEMBERS } from './definition.ts';
import {
  ABSENT,
  booleanHint,
  checked,
  Exam,
  hinted,
  isStrings,
  listHint,
  type Members,
  type Mend,
  mendMembers,
  objectHint,
  required,
  stringHint,
  UNFIT,
} from './members.ts';
import { isPlainTool } from './plain-tool.ts';
import { mendInputSchema, mendOutputSchema } from './tool-schemas.ts';
import { NEWEST_REVISION, type WireRevision } from './wire-revision.ts';

const NONE: Examined['repairs'] = [];

/**
 * Checks a definition that {@link readListItem} has accepted, and creates the view of it for clients of one revision. A
 * definition is valid if the official SDK clients of that revision accept it: 1.x, and 2.x with the legacy or the
 * modern protocol. One invalid definition makes these clients reject the whole list. Members that these clients do not
 * check are passed on unchanged.
 */
export function examine(kind: DefinitionKind, definition: JsonObject, revision: WireRevision): Examined {
  if (kind === 'tool' && isPlainTool(definition, revision === '2026-07-28'))
    return { view: definition, repairs: NONE, reason: null, fault: null };
  const exam = new Exam(revision, String(definition[NAME_MEMBERS[kind]]));
  const view = mendMembers(definition, MEMBERS[kind], exam);
  const { repairs, reason, fault } = exam;
  return { view: view === UNFIT ? null : view, repairs, reason, fault };
}

/** Returns a text for people that says how a definition first violates the newest revision; null if it is valid. */
export function invalidReason(kind: DefinitionKind, definition: JsonObject): string | null {
  return examine(kind, definition, NEWEST_REVISION).fault;
}

const icon: Mend = (value, exam, path) => {
  if (isObject(value) && typeof value.src === 'string') return mendMembers(value, ICON, exam, path);
  return exam.repair('hint-absent', `${path} is not an icon`, ABSENT);
};

const ICON: Members = [
  stringHint('mimeType'),
  hinted('sizes', isStrings, 'a list of strings'),
  hinted('theme', (value) => value === 'light' || value === 'dark', '"light" or "dark"'),
];

const DESCRIPTION: Members = [
  stringHint('title'),
  stringHint('description'),
  checked('icons', listHint(icon)),
  hinted('_meta', isObject, 'an object'),
];

const TASK_SUPPORT: ReadonlySet<unknown> = new Set(['required', 'optional', 'forbidden']);
const EXECUTION: Members = [hinted('taskSupport', (value) => TASK_SUPPORT.has(value), 'a known word')];
const execution = objectHint(EXECUTION);

const TOOL_ANNOTATIONS: Members = [
  stringHint('title'),
  booleanHint('readOnlyHint'),
  booleanHint('destructiveHint'),
  booleanHint('idempotentHint'),
  booleanHint('openWorldHint'),
];

const ROLES: ReadonlySet<unknown> = new Set(['user', 'assistant']);
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
const DATE_TIME = new RegExp(String.raw`^(\d{4}-\d\d-\d\d)T${TIME}:[0-5]\d(?:\.\d+)?(?:Z|[+-]${TIME})$`);

/** Whether a value is a date and time with an offset (RFC 3339). */
function isDateTime(value: unknown): boolean {
  const date = typeof value === 'string' ? DATE_TIME.exec(value)?.[1] : undefined;
  if (date === undefined) return false;
  const midnight = new Date(`${date}T00:00:00Z`);
  // Date accepts 30 February and turns it into 2 March, so the result is compared with the given date.
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

const ANNOTATIONS: Members = [
  hinted('audience', (value) => Array.isArray(value) && value.every((role) => ROLES.has(role)), 'a list of roles'),
  hinted('priority', (value) => typeof value === 'number' && value >= 0 && value <= 1, 'between 0 and 1'),
  hinted('lastModified', isDateTime, 'a date and time with an offset'),
];

const nameOrUri: Mend = (value, exam, path) =>
  typeof value === 'string' ? value : exam.repair('name-from-uri', `${path} is not a string`, exam.name);

const ARGUMENT: Members = [stringHint('description'), booleanHint('required')];

const promptArgument: Mend = (value, exam, path) => {
  if (isObject(value) && typeof value.name === 'string') return mendMembers(value, ARGUMENT, exam, path);
  return exam.unfit('arguments', `${path} has no name`);
};

const promptArguments: Mend = (value, exam, path) => {
  if (value === undefined) return value;
  if (value === null) return exam.repair('null-absent', `${path} is null`, ABSENT);
  if (isObject(value) && Object.keys(value).length === 0)
    return exam.repair('empty-container', `${path} is an object`, []);
  if (!Array.isArray(value)) return exam.unfit('arguments', `${path} is not a list`);
  const items = (value as unknown[]).map((item, index) => promptArgument(item, exam, `${path}[${index}]`));
  if (items.includes(UNFIT)) return UNFIT;
  return items.every((item, index) => item === value[index]) ? value : items;
};

const RESOURCE: Members = [
  ...DESCRIPTION,
  required('name', nameOrUri),
  stringHint('mimeType'),
  checked('annotations', objectHint(ANNOTATIONS)),
];

const MEMBERS: Readonly<Record<DefinitionKind, Members>> = {
  tool: [
    ...DESCRIPTION,
    required('inputSchema', mendInputSchema),
    checked('outputSchema', mendOutputSchema),
    checked('annotations', objectHint(TOOL_ANNOTATIONS)),
    // In revision 2026-07-28, tools no longer have the member `execution`, so it is not checked.
    checked('execution', (value, exam, path) => (exam.isModern ? value : execution(value, exam, path))),
  ],
  prompt: [...DESCRIPTION, checked('arguments', promptArguments)],
  resource: [...RESOURCE, hinted('size', Number.isFinite, 'a number')],
  template: RESOURCE,
};

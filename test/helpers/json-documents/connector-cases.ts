import type { DocumentCase } from './document-case.ts';

const STATUS = [
  ...['serviceMap', 'serviceMaps', 'config', 'registry', 'connectors', 'toolCount', 'staleTools', 'changedTools'],
  ...['heldBackTools', 'loads', 'store', 'fleet', 'isClosed'],
];

const DOWN = { code: 1, error: 'CONNECTOR_UNAVAILABLE' } as const;

/** Test cases for commands that work with connectors. Each command has a case that succeeds and a case that fails. */
export const CONNECTOR_CASES: readonly DocumentCase[] = [
  { command: 'sync', code: 0, members: STATUS, args: ({ up }) => up },
  { command: 'sync', ...DOWN, members: STATUS, args: ({ half }) => half },
  { command: 'sync', code: 1, error: 'CONNECTOR_LOGIN_NEEDED', members: STATUS, args: ({ locked }) => locked },
  {
    ...{ command: 'sync', code: 1, error: 'MAP_SIGNATURE_MISMATCH', members: [] },
    ...{ args: ({ up }) => up, options: { env: { CONNECTORS_SIGNATURE_KEY: 'another key' } } },
  },
  { command: 'sync', code: 2, error: 'OPTIONS_INVALID', members: [] },
  { command: 'status', code: 0, members: STATUS, args: ({ up }) => up },
  { command: 'status', ...DOWN, members: STATUS, args: ({ half }) => half },
  { command: 'tools', code: 0, members: ['tools'], args: ({ up }) => up },
  { command: 'tools', code: 0, members: ['tools'], args: ({ up }) => ['one', ...up] },
  { command: 'tools', ...DOWN, members: ['tools', 'notUp'], args: ({ half }) => half },
  { command: 'tools', ...DOWN, members: ['tools', 'notUp'], args: ({ half }) => ['dead', ...half] },
  { command: 'tools', code: 0, members: ['files'], args: () => ['--discover'] },
  {
    command: 'tools digest',
    code: 0,
    members: ['connector', 'toolDigests', 'leftOut'],
    args: ({ up }) => ['one', ...up],
  },
  {
    ...{ command: 'tools digest', ...DOWN, members: ['connector', 'toolDigests', 'leftOut'] },
    args: ({ half }) => ['dead', ...half],
  },
  { command: 'call', code: 0, members: ['tool', 'result'], args: ({ up }) => ['one.echo', 'text=hi', ...up] },
  {
    ...{ command: 'call', code: 0, members: ['tool', 'result', 'saved'] },
    args: ({ up, at }) => ['one.echo', 'text=hi', '--save', at('saved'), ...up],
  },
  {
    command: 'call',
    code: 3,
    error: 'TOOL_FAILED',
    members: ['tool', 'result'],
    args: ({ up }) => ['one.fail', ...up],
  },
  { command: 'call', ...DOWN, members: [], args: ({ half }) => ['dead.any', ...half] },
  { command: 'call', code: 1, error: 'TOOL_UNKNOWN', members: [], args: ({ up }) => ['one.none', ...up] },
  { command: 'call', code: 2, error: 'OPTIONS_INVALID', members: [], args: ({ up }) => ['one.echo', 'txt=hi', ...up] },
  { command: 'resources', code: 0, members: ['resources', 'resourceTemplates'], args: ({ up }) => up },
  { command: 'resources', ...DOWN, members: ['resources', 'resourceTemplates'], args: ({ half }) => half },
  { command: 'read', code: 0, members: ['uri', 'connectorId', 'result'], args: ({ up }) => ['demo://note', ...up] },
  { command: 'read', ...DOWN, members: ['uri', 'connectorId'], args: ({ half }) => ['dead', 'demo://note', ...half] },
  { command: 'read', code: 2, error: 'OPTIONS_INVALID', members: [], args: ({ half }) => ['demo://none', ...half] },
  { command: 'prompts', code: 0, members: ['prompts'], args: ({ up }) => up },
  { command: 'prompts', ...DOWN, members: ['prompts'], args: ({ half }) => half },
  {
    command: 'prompts get',
    code: 0,
    members: ['prompt', 'result'],
    args: ({ up }) => ['one.greet', 'name=Ada', ...up],
  },
  { command: 'prompts get', ...DOWN, members: [], args: ({ half }) => ['dead.greet', ...half] },
  { command: 'prompts get', code: 2, error: 'OPTIONS_INVALID', members: [], args: ({ up }) => ['one.none', ...up] },
  { command: 'doctor', code: 0, members: ['findings'], args: ({ up }) => up },
  { command: 'doctor', code: 1, error: 'CHECK_FAILED', members: ['findings'], args: ({ half }) => half },
  { command: 'generate types', code: 0, members: ['toolCount', 'text'], args: ({ up }) => up },
  {
    ...{ command: 'generate types', code: 0, members: ['toolCount', 'file', 'isChanged'] },
    args: ({ up, at }) => ['--out', at('types.ts'), ...up],
  },
  {
    ...{ command: 'generate types', code: 1, error: 'CHECK_FAILED', members: ['file', 'isCurrent', 'differences'] },
    args: ({ up, at }) => ['--check', '--out', at('none.ts'), ...up],
  },
  { command: 'generate types', ...DOWN, members: ['notUp'], args: ({ half }) => half },
  { command: 'auth login', code: 0, members: ['connectors'], args: ({ up }) => ['one', ...up] },
  {
    ...{ command: 'auth login', code: 1, error: 'LOGIN_FAILED', members: ['connectors'] },
    args: ({ locked }) => ['crm', '--no-browser', ...locked],
  },
  { command: 'auth status', code: 0, members: ['connectors'], args: ({ up }) => up },
  {
    ...{ command: 'auth status', code: 1, error: 'CONNECTOR_LOGIN_NEEDED', members: ['connectors'] },
    args: ({ locked }) => locked,
  },
  { command: 'auth logout', code: 0, members: ['connectors'], args: ({ up }) => ['one', ...up] },
  { command: 'auth logout', code: 1, error: 'CONNECTOR_UNKNOWN', members: [], args: ({ up }) => ['none', ...up] },
  {
    ...{ command: 'tools approve', code: 0, members: ['approved'] },
    ...{ args: ({ at }) => ['--all', '--state-dir', at('pins')] },
    before: ({ up, at }) => [['sync', '--state-dir', at('pins'), ...up]],
  },
  { command: 'tools approve', code: 2, error: 'OPTIONS_INVALID', members: [] },
  { command: 'tools diff', code: 0, members: ['tools'], args: ({ at }) => ['--state-dir', at('pins')] },
  {
    ...{ command: 'tools diff', code: 1, error: 'TOOL_CHANGED', members: ['tools'] },
    args: ({ at }) => ['--state-dir', at('pins')],
    before(world) {
      world.describe('says something else');
      return [['sync', '--state-dir', world.at('pins'), ...world.up]];
    },
  },
];

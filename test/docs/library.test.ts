import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as gateway from '../../src/main/gateway/index.ts';
import * as library from '../../src/main/index.ts';
import { ConnectorProxyManager, type ListedConnector, type ManagerEvents } from '../../src/main/index.ts';
import { readTableRows } from '../helpers/docs/table-rows.ts';

const LIBRARY = readFileSync('docs/library.md', 'utf8');
const STATUS = readFileSync('docs/events-and-status.md', 'utf8');
const EMBEDDING = readFileSync('docs/embedding-the-gateway.md', 'utf8');

/** Returns the names in the first column of the tables of a page. */
function membersOn(page: string): ReadonlySet<string> {
  const names = readTableRows(page).flatMap(([cell = '']) => [...cell.matchAll(/`(?:\w+\[?\]?\.)?(\w+)[^`]*`/g)]);
  return new Set(names.map(([, name = '']) => name));
}

it('docs/library.md documents every method of `ConnectorProxyManager`', () => {
  const methods = Object.getOwnPropertyNames(ConnectorProxyManager.prototype).filter((name) => name !== 'constructor');
  expect(methods.filter((name) => !membersOn(LIBRARY).has(name))).toEqual([]);
});

it('docs/library.md mentions everything that the package exports, except types and `ERROR_CODES`', () => {
  expect(Object.keys(library).filter((name) => !LIBRARY.includes(name) && name !== 'ERROR_CODES')).toEqual([]);
});

it('docs/embedding-the-gateway.md mentions everything that the gateway module exports, except types', () => {
  expect(Object.keys(gateway).filter((name) => !EMBEDDING.includes(name))).toEqual([]);
});

it('docs/embedding-the-gateway.md documents every limit of a listener with its default', () => {
  const rows = readTableRows(EMBEDDING).map(([name = '', value = '']) => [name.replaceAll('`', ''), value] as const);
  const documented = Object.fromEntries(rows.map(([name, value]) => [name, Number(value.replaceAll(' ', ''))]));
  expect(documented).toMatchObject(gateway.DEFAULT_LIMITS);
});

it('docs/events-and-status.md documents every field of a status, including `serviceMap` and `config`', async () => {
  await using manager = new ConnectorProxyManager({
    configFile: 'no-such-file.json',
    featureFlags: { asyncRefresh: false, refreshIntervalMs: 1 },
  });
  const status = manager.status();
  const members = [status, status.serviceMap, status.config ?? {}, status.staleTools].flatMap(Object.keys);
  expect(members.length).toBeGreaterThan(40);
  expect(members.filter((name) => !membersOn(STATUS).has(name))).toEqual([]);
});

/** Every event of the manager. The compiler reports a missing event. */
const EVENTS: Readonly<Record<keyof ManagerEvents, true>> = {
  ...{ snapshot: true, connector: true, tools: true },
  ...{ 'tool-changed': true, notification: true },
};

/** Every field of a connector's status. The compiler reports a missing field. */
const CONNECTOR: Readonly<Record<keyof ListedConnector, true>> = {
  ...{ id: true, name: true, state: true, since: true, why: true, era: true, transport: true, toolCount: true },
  ...{ droppedTools: true, handshakeMs: true, process: true, lastError: true, login: true, tools: true },
  ...{ droppedDefinitions: true, droppedDefinitionCount: true },
};

it('docs/events-and-status.md documents every event of a manager', () => {
  expect(Object.keys(EVENTS).filter((name) => !STATUS.includes(`### \`${name}\`\n`))).toEqual([]);
});

it("docs/events-and-status.md documents every field of a connector's status", () => {
  const [, section = ''] = STATUS.split('### `connectors`');
  expect(Object.keys(CONNECTOR).filter((name) => !membersOn(section).has(name))).toEqual([]);
});

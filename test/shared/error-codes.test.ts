import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/shared/error-codes.ts';

const FOLDER = new URL('../../src/shared/error-codes/', import.meta.url);

test('each error code is defined under exactly one subject', async () => {
  const paths = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => path.endsWith('.ts') && path !== 'entry.ts');
  const modules: object[] = await Promise.all(files.map((name) => import(new URL(name, FOLDER).href)));
  const codes = modules.flatMap((subject) => Object.values(subject)).flatMap((table: object) => Object.keys(table));
  expect(codes.toSorted()).toEqual([...new Set(codes)].toSorted());
  expect(codes.length + 1).toBe(Object.keys(ERROR_CODES).length);
});

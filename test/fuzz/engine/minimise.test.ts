import { expect, it } from 'vitest';
import { inputToLine, lineToInput } from './corpus-file.ts';
import { minimise } from './minimise.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

it('minimise() removes every byte that is not needed to keep the property of an input', async () => {
  const input = bytes(`${'x'.repeat(300)}(${'y'.repeat(200)})\xff`);
  const smallest = await minimise(input, async (it) =>
    /\(.*\)[^a-z]|\(.*\)a/s.test(Buffer.from(it).toString('latin1')),
  );
  expect(Buffer.from(smallest).toString('latin1')).toBe('()a');
});

it('minimise() keeps an input that cannot become smaller', async () => {
  expect(await minimise(bytes('ab'), async (it) => it.length === 2)).toEqual(bytes('ab'));
});

it('inputToLine() writes any bytes as one readable line, and lineToInput() reads them back', () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(inputToLine(all)).toMatch(/^[\x20-\x7e]+$/);
  expect(lineToInput(inputToLine(all))).toEqual(all);
  expect(inputToLine(bytes('{"a":1}\n'))).toBe(String.raw`"{\"a\":1}\n"`);
});

import { describe, expect, it } from 'vitest';
import type { BodySink } from '../../../../src/main/connectors/exchange/body-sink.ts';
import { EventReader } from '../../../../src/main/connectors/exchange/event-reader.ts';
import { eventually } from '../../../helpers/eventually.ts';

/** Everything that an EventReader reported about a stream. */
interface Told {
  readonly values: unknown[];
  readonly failures: string[];
  readonly steps: ('hold' | 'go on' | 'end')[];
}

const CAP = 32 * 1024 * 1024;

function read(text: string): { readonly reader: EventReader; readonly told: Told } {
  const told: Told = { values: [], failures: [], steps: [] };
  const sink: BodySink = {
    onValue: (value) => void told.values.push(value),
    onEvent: () => {},
    onLargeValue: () => null,
    onEventId: () => {},
    onRetry: () => {},
    onEnd: () => void told.steps.push('end'),
    onFailure(error) {
      told.failures.push(error.message);
      reader.stop();
    },
    hold: () => void told.steps.push('hold'),
    goOn: () => void told.steps.push('go on'),
  };
  const reader = new EventReader(CAP, sink);
  for (let at = 0; at < text.length; at += 1_000_000) reader.take(Buffer.from(text.slice(at, at + 1_000_000)));
  reader.end();
  return { reader, told };
}

describe('EventReader during a flood of events', () => {
  it('EventReader pauses during a flood of events, so that other work can run, and loses no event', async () => {
    const { told } = read(Array.from({ length: 400_000 }, (_, id) => `data: {"id":${id}}\n\n`).join(''));
    expect(told.values.length).toBeLessThan(400_000);
    expect(told.steps[0]).toBe('hold');
    await eventually('the stream has ended', () => told.steps.includes('end'));
    expect(told.values).toHaveLength(400_000);
    expect(told.values.at(-1)).toEqual({ id: 399_999 });
    expect(told.steps.slice(-2)).toEqual(['go on', 'end']);
    expect(told.steps.filter((step) => step === 'end')).toHaveLength(1);
  });

  it('EventReader reports no event after it was stopped', async () => {
    const { reader, told } = read('data: {}\n\n'.repeat(400_000));
    reader.stop();
    const count = told.values.length;
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect([told.values.length, told.steps.includes('end')]).toEqual([count, false]);
  });
});

describe('event of many lines', () => {
  const TOO_MUCH = ['it sent an event of too many or too long lines'];

  it.each([
    ['100 001 lines', `${'data:[\n'.repeat(100_001)}\n`],
    ['13 MB in two lines', `data: "\ndata: ${'x'.repeat(13_000_000)}\n\n`],
    ['13 MB and a second line', `data: "${'x'.repeat(13_000_000)}"\ndata: 1\n\n`],
  ])('EventReader rejects an event of %s, because it is too large', async (_, text) => {
    const { told } = read(text);
    await eventually('it has failed', () => told.failures.length > 0, 4_000);
    expect(told.failures).toEqual(TOO_MUCH);
  });

  it.each([
    ['13 MB in one line', `event: message\nid: 1\ndata: "${'x'.repeat(13_000_000)}"\n\n`, 1],
    ['50 000 lines', `data: [\n${'data: 1,\n'.repeat(50_000)}data: 1]\n\n`, 50_001],
    ['200 000 comments', `${': still here\n'.repeat(200_000)}data: 1\n\n`, 1],
  ])('EventReader accepts a large event with %s', async (_, text, count) => {
    const { told } = read(text);
    await eventually('it was read', () => told.values.length === count || told.failures.length > 0);
    expect(told.failures).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { askerOf, createQuestionIds } from '../../../../src/main/gateway/messages/question-ids.ts';

describe('the id of a question', () => {
  it('names the replica that asked, whatever its id looks like', () => {
    for (const hostId of ['abc', 'a-b_c', '-1-', 'switchyard-1'])
      expect(askerOf(createQuestionIds(hostId).of(12))).toBe(hostId);
  });

  it('names none without a fleet, as before', () => {
    expect(createQuestionIds(null).of(3)).toBe('switchyard-3');
    for (const id of ['switchyard-3', 'switchyard-', 'other-a-1', 'switchyard-a b-1', 3, null, undefined])
      expect(askerOf(id)).toBe(null);
  });
});

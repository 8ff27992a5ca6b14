import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BodyBudget } from '../../../../../src/main/gateway/http/budgets/body-budget.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('BodyBudget', () => {
  it('BodyBudget counts the bytes of a request body from their arrival until the body ends', () => {
    const budget = new BodyBudget(100, 1);
    const body = budget.open('a', () => {});
    expect(budget.bytes).toBe(0);
    expect([body.add(60), body.add(40), budget.bytes, body.add(1)]).toEqual([true, true, 100, false]);
    body[Symbol.dispose]();
    body[Symbol.dispose]();
    expect(budget.bytes).toBe(0);
  });

  it('BodyBudget rejects bytes beyond its limit if no other request body is idle', () => {
    const budget = new BodyBudget(100, 1);
    const gone = vi.fn();
    budget.open('a', gone).add(80);
    expect(budget.open('b', () => {}).add(30)).toBe(false);
    expect(gone).not.toHaveBeenCalled();
  });

  it('BodyBudget drops the request body that has been idle the longest if another body needs the memory', () => {
    const budget = new BodyBudget(100, 1);
    const gone: string[] = [];
    const bodies = ['first', 'second', 'third'].map((name) => budget.open('a', () => gone.push(name)));
    for (const body of bodies) {
      body.add(30);
      vi.advanceTimersByTime(2_000);
    }
    bodies[0]?.add(1);
    expect(budget.open('a', () => {}).add(30)).toBe(true);
    expect([gone, budget.bytes, bodies[1]?.add(1)]).toEqual([['second'], 91, false]);
  });

  it('BodyBudget drops a request body of the caller with the most bytes, even if another caller needs the memory', () => {
    const budget = new BodyBudget(100, 1);
    const gone: string[] = [];
    for (let index = 0; index < 3; index += 1) budget.open('many', () => gone.push('many')).add(25);
    const one = budget.open('one', () => gone.push('one'));
    one.add(25);
    vi.advanceTimersByTime(5_000);
    expect(budget.open('other', () => {}).add(20)).toBe(true);
    expect(gone).toEqual(['many']);
  });

  it("BodyBudget rejects a caller's bytes above half of the memory instead of dropping another caller's body", () => {
    const budget = new BodyBudget(100, 0.5);
    const gone = vi.fn();
    budget.open('b', gone).add(10);
    vi.advanceTimersByTime(5_000);
    const body = budget.open('a', () => {});
    expect([body.add(50), body.add(1)]).toEqual([true, false]);
    expect(gone).not.toHaveBeenCalled();
  });
});

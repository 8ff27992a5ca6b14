import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../../../src/main/service-map/refresh/circuit-breaker.ts';

describe('CircuitBreaker', () => {
  it('the circuit of a map opens at the third failure in a row, is half-open after its pause and closes on success', () => {
    let now = 0;
    const breaker = new CircuitBreaker({ threshold: 3, resetMs: 60_000, now: () => now });
    expect([breaker.fail(), breaker.fail(), breaker.state]).toEqual([false, false, 'closed']);
    expect([breaker.fail(), breaker.state, breaker.failures]).toEqual([true, 'open', 3]);
    now = 59_999;
    expect(breaker.state).toBe('open');
    now = 60_000;
    expect(breaker.state).toBe('half-open');
    expect([breaker.fail(), breaker.state]).toEqual([true, 'open']);
    now = 120_000;
    breaker.succeed();
    expect([breaker.state, breaker.failures]).toEqual(['closed', 0]);
  });

  it('the circuit of a map counts only consecutive failures', () => {
    const breaker = new CircuitBreaker({ threshold: 2, resetMs: 1, now: () => 0 });
    breaker.fail();
    breaker.succeed();
    expect([breaker.fail(), breaker.state]).toEqual([false, 'closed']);
  });
});

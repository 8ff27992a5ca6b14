import { monotonicMs, type Random, startTimer, type Timer } from '../../../shared/clock.ts';
import { asSwitchyardError, type SwitchyardError } from '../../../shared/errors.ts';
import type { PermitCounts } from '../../../shared/protocol/fleet/permit-messages.ts';
import type { Fleet, FleetQuestion } from '../fleet.ts';
import type { CallLine, CallPermits, Quotas } from './call-permits.ts';
import { ConcurrentLeases } from './concurrent-leases.ts';
import { WindowPermits } from './window-permits.ts';

/** After a failed request, this host waits for a random time of 1 s to 5 s before it tries the fleet again. */
const FIRST_RETRY_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;

export interface ConnectorPermitsDeps {
  readonly fleet: Pick<Fleet, 'ask' | 'hostCount' | 'quotas'>;
  readonly random: Random;
  readonly connectorId: string;
  /** Identifies this connector of this host among all holders of leases in the fleet. */
  readonly holder: string;
  readonly line: CallLine;
  /** State of the connection to the fleet. `joining` means that the first attempt to connect has not ended yet. */
  readonly linkState: () => 'joining' | 'up' | 'down';
  /**
   * Called with true when the connector gets its first quota, and with false when it has no quota any more or is
   * closed.
   */
  readonly onUsed: (isUsed: boolean) => void;
  /**
   * Called with the error when this connector's requests to the fleet start to fail, and with null when they succeed
   * again.
   */
  readonly onFailing: (error: SwitchyardError | null) => void;
}

/**
 * Permits for the calls of one connector. While the fleet does not answer, this host enforces its share of the quotas,
 * or refuses calls that have a quota (option `fleet.quotasWithout`).
 */
export class ConnectorPermits implements CallPermits {
  readonly #deps: ConnectorPermitsDeps;
  readonly #windows: WindowPermits;
  readonly #leases: ConcurrentLeases;
  #isLimited = false;
  #isFailing = false;
  #retry: Timer | null = null;
  #isClosed = false;
  /**
   * Period in which calls started without a permit, because the fleet did not answer (monotonic clock). Null when the
   * fleet has counted all of these calls.
   */
  #alone: { readonly fromMs: number; toMs: number } | null = null;

  constructor(deps: ConnectorPermitsDeps) {
    this.#deps = deps;
    const { connectorId, holder, line } = deps;
    const recheck = (): void => line.recheck();
    this.#windows = new WindowPermits({
      take: (request) => this.#ask((api) => api.takePermits(connectorId, request)),
      hosts: () => this.#hosts,
      waiting: () => line.waiting,
      spent: (toMs, forgot) => this.#spent(toMs, forgot),
      onCounted: (toMs) => this.#counted(toMs),
      recheck,
    });
    this.#leases = new ConcurrentLeases({
      lease: (request) => this.#ask((api) => api.leaseConcurrent(connectorId, { holder, ...request })),
      active: () => line.active,
      waiting: () => line.waiting,
      recheck,
    });
  }

  update(quotas: Quotas | undefined): Quotas | undefined {
    const { concurrent = Number.POSITIVE_INFINITY, perMinute, perHour, perDay } = quotas ?? {};
    this.#windows.update({
      ...(perMinute !== undefined && { perMinute }),
      ...(perHour !== undefined && { perHour }),
      ...(perDay !== undefined && { perDay }),
    });
    this.#leases.update(concurrent);
    const wasLimited = this.#isLimited;
    this.#isLimited = [concurrent, perMinute, perHour, perDay].some((limit) => Number.isFinite(limit));
    if (wasLimited !== this.#isLimited) this.#deps.onUsed(this.#isLimited);
    return this.#isAlone && quotas !== undefined ? this.#shareOf(quotas) : quotas;
  }

  refusal(): string | null {
    const isRefused = this.#isLimited && this.#isAlone && this.#deps.fleet.quotas === 'refuse';
    return isRefused ? 'the hosts that share it cannot count their calls at the moment' : null;
  }

  waitMs(): number {
    if (!this.#isLimited || this.#isAlone) return 0;
    if (this.#deps.linkState() === 'joining') return Number.POSITIVE_INFINITY;
    const nowMs = monotonicMs();
    return this.#leases.waitMs(nowMs) || this.#windows.waitMs(nowMs);
  }

  aheadMs(): number {
    return this.#isLimited && !this.#isAlone ? this.#windows.aheadMs(monotonicMs()) : 0;
  }

  begin(): void {
    if (!this.#isLimited || this.#isAlone) return;
    this.#leases.begin();
    this.#windows.begin(monotonicMs());
  }

  end(): void {
    if (this.#isLimited && !this.#isAlone) this.#leases.end();
  }

  /** Called after the connection to the fleet was established or lost. */
  linkChanged(): void {
    this.#aloneChanged();
    if (this.#deps.linkState() === 'up') void this.#tell();
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    if (this.#isLimited) this.#deps.onUsed(false);
    this.#windows.giveBack();
    this.#leases.close();
  }

  get #isAlone(): boolean {
    return this.#isFailing || this.#deps.linkState() === 'down';
  }

  get #hosts(): number {
    return this.#deps.fleet.hostCount;
  }

  #shareOf(quotas: Quotas): Quotas {
    const shareOf = (limit: number): number => (limit < 1 ? limit : Math.max(1, Math.floor(limit / this.#hosts)));
    return Object.fromEntries(Object.entries(quotas).map(([name, limit]) => [name, shareOf(limit)]));
  }

  #spent(toMs: number, forgot: boolean): PermitCounts {
    if (forgot) return this.#deps.line.beganWithin(Number.NEGATIVE_INFINITY, toMs);
    if (this.#alone === null) return {};
    return this.#deps.line.beganWithin(this.#alone.fromMs, Math.min(toMs, this.#alone.toMs));
  }

  #counted(toMs: number): void {
    if (this.#alone === null) return;
    const isAll = !this.#isAlone && this.#alone.toMs <= toMs;
    this.#alone = isAll ? null : { ...this.#alone, fromMs: toMs };
  }

  async #ask<T>(question: FleetQuestion<T>): Promise<T | null> {
    try {
      const answer = await this.#deps.fleet.ask(question);
      this.#note(null);
      return answer;
    } catch (error) {
      this.#note(asSwitchyardError(error));
      return null;
    }
  }

  #note(error: SwitchyardError | null): void {
    if (this.#isClosed || this.#isFailing === (error !== null)) {
      if (error !== null && !this.#isClosed) this.#retryLater();
      return;
    }
    this.#isFailing = error !== null;
    this.#deps.onFailing(error);
    if (error !== null) this.#retryLater();
    this.#aloneChanged();
  }

  #aloneChanged(): void {
    if (this.#isAlone) {
      this.#alone = { fromMs: this.#alone?.fromMs ?? monotonicMs(), toMs: Number.POSITIVE_INFINITY };
      this.#leases.forget();
    } else if (this.#alone !== null) this.#alone.toMs = Math.min(this.#alone.toMs, monotonicMs());
    this.#deps.line.relimit();
    this.#deps.line.recheck();
  }

  #retryLater(): void {
    const afterMs = FIRST_RETRY_MS + this.#deps.random.next() * RETRY_SPREAD_MS;
    this.#retry?.cancel();
    this.#retry = startTimer(afterMs, () => void this.#tryAgain());
  }

  async #tryAgain(): Promise<void> {
    if (this.#isClosed || !this.#isFailing) return;
    if (await this.#windows.probe()) await this.#leases.probe();
  }

  /** Reports to the fleet the calls that started while it was unreachable, and the calls that still run. */
  async #tell(): Promise<void> {
    if (this.#isFailing) return this.#tryAgain();
    const isUncounted = Object.values(this.#spent(monotonicMs(), false)).some((count) => count > 0);
    if (isUncounted && !(await this.#windows.probe())) return;
    if (this.#deps.line.active > 0) await this.#leases.probe();
  }
}

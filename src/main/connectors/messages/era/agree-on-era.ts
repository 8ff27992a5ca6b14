import { monotonicMs, nextTurn, startTimer, type Timer } from '../../../../shared/clock.ts';
import { StatusError } from '../../connection/http-refusal.ts';
import type { Handshake, LegacyOffer } from './handshakes.ts';
import { judgeStep, mayBeSse } from './probe-verdict.ts';

/** Calls `begin` once a server has been silent for too long. The returned function cancels this. */
export type WhenSilent = (begin: () => void) => () => void;

/** The two requests that can start a handshake, and the limits for waiting. */
export interface EraSteps {
  /** Sends `server/discover`. */
  readonly probe: () => Promise<Handshake>;
  /** Sends `initialize`. */
  readonly offer: () => Promise<LegacyOffer>;
  readonly whenSilent: WhenSilent;
  /**
   * Time limit for the response to the probe, in milliseconds from the start of the probe; null for no limit. It
   * applies only if the server has refused `initialize` in the way that legacy SSE servers do.
   */
  readonly patienceMs: number | null;
}

export interface Agreement {
  readonly handshake: Handshake;
  /** Whether the server responded to the probe. The protocol generation may be remembered only in that case. */
  readonly isByAnswer: boolean;
}

/**
 * Negotiates the protocol generation with a server (docs/protocol-detection.md). Resolves with the first handshake that
 * the server accepts. A modern handshake that succeeds before `notifications/initialized` was sent wins over a legacy
 * handshake. Rejects when no handshake can succeed any more. The silence of the server alone is no reason to reject.
 */
export function agreeOnEra(steps: EraSteps): Promise<Agreement> {
  return new Negotiation(steps).result;
}

class Negotiation {
  readonly #steps: EraSteps;
  readonly #outcome = Promise.withResolvers<Agreement>();
  readonly #endSilence: () => void;
  readonly #startedMs: number = monotonicMs();
  #patience: Timer | null = null;
  /** The error of the probe; null while the probe is in flight. */
  #probeError: unknown = null;
  #isOfferSent = false;
  /** The error of `initialize`; null if `initialize` has not failed. */
  #offerError: unknown = null;
  #isProbedAgain = false;
  #isByAnswer = false;
  #isDecided = false;

  constructor(steps: EraSteps) {
    this.#steps = steps;
    this.#endSilence = steps.whenSilent(() => this.#initialize());
    this.#probe();
  }

  get result(): Promise<Agreement> {
    return this.#outcome.promise;
  }

  #probe(): void {
    this.#probeError = null;
    this.#steps.probe().then(
      (handshake) => {
        if (this.#decide()) this.#outcome.resolve({ handshake, isByAnswer: true });
      },
      (error: unknown) => this.#probeFailed(error),
    );
  }

  #initialize(): void {
    if (this.#isOfferSent || this.#isDecided) return;
    this.#endSilence();
    this.#isOfferSent = true;
    this.#steps.offer().then(
      (offer) => this.#offered(offer),
      (error: unknown) => this.#offerFailed(error),
    );
  }

  #probeFailed(error: unknown): void {
    if (this.#isDecided) return;
    this.#probeError = error;
    const verdict = judgeStep('server/discover', error);
    if (verdict === 'answer') this.#isByAnswer = true;
    // If the server is unreachable, `initialize` would fail too. If `initialize` was already sent, it may still
    // succeed.
    const isLost = verdict === 'unreachable' && !this.#isOfferSent;
    if (isLost || verdict === 'final' || verdict === 'modern' || verdict === 'sse') this.#reject(error);
    else if (this.#offerError !== null) this.#reject(this.#worst());
    else this.#initialize();
  }

  async #offered({ confirm }: LegacyOffer): Promise<void> {
    // A modern response may arrive together with this legacy response, and takes precedence.
    await nextTurn();
    if (!this.#decide()) return;
    try {
      this.#outcome.resolve({ handshake: await confirm(), isByAnswer: this.#isByAnswer });
    } catch (error) {
      this.#outcome.reject(error);
    }
  }

  #offerFailed(error: unknown): void {
    if (this.#isDecided) return;
    this.#offerError = error;
    const verdict = judgeStep('initialize', error);
    if (verdict === 'final' || verdict === 'sse') this.#reject(error);
    else if (this.#probeError === null) {
      if (verdict === 'answer' && mayBeSse(error)) this.#losePatience(error);
    } else if (verdict === 'modern' && !this.#isProbedAgain) {
      this.#isProbedAgain = true;
      this.#probe();
    } else this.#reject(this.#worst());
  }

  #losePatience(error: unknown): void {
    const { patienceMs } = this.#steps;
    if (patienceMs === null) return;
    const restMs = Math.max(0, this.#startedMs + patienceMs - monotonicMs());
    this.#patience = startTimer(restMs, () => this.#reject(error), { keepAlive: true });
  }

  /**
   * Returns the more informative error: the error of `initialize`, unless the error of the probe contains a longer
   * delay (`Retry-After`).
   */
  #worst(): unknown {
    const [probe, offer] = [retryAfterOf(this.#probeError), retryAfterOf(this.#offerError)];
    return probe > offer ? this.#probeError : this.#offerError;
  }

  #reject(error: unknown): void {
    if (this.#decide()) this.#outcome.reject(error);
  }

  /** Ends the negotiation. Returns false if the negotiation had already ended. */
  #decide(): boolean {
    if (this.#isDecided) return false;
    this.#isDecided = true;
    this.#endSilence();
    this.#patience?.cancel();
    return true;
  }
}

function retryAfterOf(error: unknown): number {
  return error instanceof StatusError ? (error.refusal.retryAfterMs ?? 0) : 0;
}

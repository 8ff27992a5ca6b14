import { pack } from '../codec.ts';
import { SwitchyardError, toWireError } from '../errors.ts';
import { unusableOf } from '../map/entry-fault.ts';
import { isEnabled, type RawEntry } from '../map/service-map.ts';
import {
  type AcquiredBody,
  CHUNK_ENTRIES,
  type LoadEvent,
  type LoadReport,
  type LoadTask,
  PROTOCOL_VERSION,
} from '../protocol/thread-messages.ts';
import { acquireCurrentMap, type FetchMap } from './acquire.ts';
import type { Proof } from './proof.ts';
import { proveMap } from './prove.ts';
import type { ProvenMaps } from './proven-maps.ts';

/** What a thread provides for the loads that it runs. */
export interface LoadContext {
  /** Name of the thread in reports. */
  readonly thread: string;
  readonly fetch: FetchMap;
  /** Cancels the load when it aborts. The load then fails with the reason of the signal. */
  readonly signal: AbortSignal;
  /** Verified maps that the thread remembers; null if it remembers none. */
  readonly proven: ProvenMaps | null;
}

const NO_PHASES = { fetch: 0, parse: 0, verify: 0, validate: 0, diff: 0 };

/** Returns the report of a load that has not started yet. */
export function emptyReport(thread: string): LoadReport {
  return { thread, bytes: 0, phases: NO_PHASES };
}

/**
 * Runs one load on the calling thread, from the request to its last event: acquire, verify, send chunks, commit. Never
 * throws, because a failure is the last event of the load. thread-messages.ts defines the order of the events.
 */
export async function* runLoad(task: LoadTask, context: LoadContext): AsyncGenerator<LoadEvent, void, undefined> {
  let report = emptyReport(context.thread);
  try {
    assertVersion(task);
    const acquired = task.given ?? (await acquireCurrentMap(task, context.fetch, context.signal));
    report = { ...report, phases: { ...NO_PHASES, fetch: acquired.fetchMs } };
    if (acquired.kind === 'not-modified') {
      yield { kind: 'unchanged', how: 'not-modified', etag: task.request.etag, report };
      return;
    }
    report = { ...report, bytes: acquired.bytes.length };
    const proof = proveMap(acquired.bytes, task.known, task.policy, context.proven);
    if (proof.kind === 'same-body') {
      yield { kind: 'unchanged', how: 'same-body', etag: acquired.etag, report };
      return;
    }
    report = { ...report, phases: { ...report.phases, ...proof.phases } };
    // If another thread wants the body, its buffer is transferred to that thread. This thread then remembers a copy.
    const body = task.wantsBody && context.proven !== null ? acquired.bytes.slice() : acquired.bytes;
    yield* proofEvents(proof, task.wantsBody ? { ...acquired, bytes: body } : { ...acquired, bytes: null }, report);
    // The trace is computed last, because no caller waits for it.
    const trace = context.proven === null ? null : proof.trace();
    if (trace !== null) context.proven?.keep(trace, task.known?.bodySha256 ?? null);
  } catch (error) {
    yield { kind: 'failed', error: toWireError(error), report };
  }
}

function assertVersion(task: LoadTask): void {
  if (task.version === PROTOCOL_VERSION) return;
  throw new SwitchyardError(
    'PROTOCOL_MISMATCH',
    `A worker with protocol version ${PROTOCOL_VERSION} received a task with protocol version ${task.version}.`,
  );
}

/** Result of acquiring a map. The bytes are null if the main thread does not want them. */
type Acquisition = Omit<AcquiredBody, 'bytes'> & { readonly bytes: AcquiredBody['bytes'] | null };

function* proofEvents(proof: Proof, acquired: Acquisition, report: LoadReport): Generator<LoadEvent, void, undefined> {
  const entries = proof.sent;
  for (let start = 0; start < entries.length; start += CHUNK_ENTRIES) {
    yield chunkEvent(entries.slice(start, start + CHUNK_ENTRIES));
  }
  yield {
    kind: 'commit',
    header: proof.header,
    digests: proof.digests,
    delta: proof.delta,
    generatedAtMs: proof.generatedAtMs,
    expiresAtMs: proof.expiresAtMs,
    signers: proof.signers,
    etag: acquired.etag,
    bodySha256: proof.bodySha256,
    body: acquired.bytes,
    report,
  };
}

function chunkEvent(entries: readonly RawEntry[]): LoadEvent {
  return {
    kind: 'chunk',
    ids: entries.map((entry) => entry.id),
    enabled: entries.map(isEnabled),
    unusable: unusableOf(entries),
    packed: pack(entries),
  };
}

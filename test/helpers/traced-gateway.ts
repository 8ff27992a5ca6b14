import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TempDir } from './temp-dir.ts';

const PROGRAM = new URL('../fixtures/programs/traced-gateway.ts', import.meta.url).pathname;

type Json = Readonly<Record<string, unknown>>;

/** A span that the gateway's host recorded. */
export interface ReportedSpan {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly parentId: string | null;
  readonly attributes: Json;
  /** The code is 2 for an error. */
  readonly status: { readonly code: number; readonly message?: string };
  /** The spans that this span links to. */
  readonly links: readonly string[];
  readonly events: readonly unknown[];
}

interface ReportedHistogram {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly {
    readonly attributes: Json;
    readonly value: { readonly count: number; readonly buckets: { readonly boundaries: readonly number[] } };
  }[];
}

export interface Report {
  readonly spans: readonly ReportedSpan[];
  readonly histograms: readonly ReportedHistogram[];
}

/** A gateway in a separate process, whose host has an OpenTelemetry SDK. */
export interface TracedGateway extends AsyncDisposable {
  /** The URL of the gateway's endpoint; empty if the gateway runs over stdio. */
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends the gateway. Resolves with the report of its host. */
  readonly end: () => Promise<Report>;
}

export interface TracedGatewayOptions {
  readonly serve?: 'http' | 'stdio';
  /** How the host uses OpenTelemetry. `instrumented` also traces HTTP. `no-op` sets up the API without an SDK. */
  readonly sdk?: 'on' | 'instrumented' | 'unsampled' | 'no-op' | 'none';
}

export async function startTracedGateway(
  servers: Readonly<Record<string, object>>,
  { serve = 'http', sdk = 'on' }: TracedGatewayOptions = {},
): Promise<TracedGateway> {
  const folder = new TempDir();
  const report = join(folder.path, 'report.json');
  const settings = JSON.stringify({ servers, serve, sdk, report });
  const child = spawn(process.execPath, [PROGRAM, settings], { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = serve === 'http' ? `${String((await once(child.stdout, 'data'))[0]).trim()}/mcp` : '';
  return {
    ...{ url, child },
    async end() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      return JSON.parse(readFileSync(report, 'utf8')) as Report;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      child.stdout.resume();
      if (child.exitCode === null) await once(child, 'exit');
      folder[Symbol.dispose]();
    },
  };
}

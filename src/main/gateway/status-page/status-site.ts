import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../../shared/clock.ts';
import { PACKAGE_VERSION } from '../../../shared/package-version.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import { watchLoopDelay } from '../../observability/loop-delay.ts';
import type { CallLatencies } from '../call-latencies.ts';
import { EventStreams } from './event-streams.ts';
import { EventLog } from './model/event-log.ts';
import { parseListQuery } from './model/list-query.ts';
import { StatusReader } from './model/status-reader.ts';
import { answer, answerText, BARE_POLICY, COMMON_HEADERS, pagePolicy } from './status-answers.ts';
import { ONLOOKER, type PageViewer } from './view/page-viewer.ts';
import { renderPage } from './view/render-page.ts';

const KEPT_EVENTS = 100;
const LOOP_INTERVAL_MS = 10_000;
const DEFAULT_PAGE_ROWS = 200;
const DEFAULT_MAX_STREAMS = 32;

export interface StatusSiteOptions {
  readonly manager: Pick<ConnectorProxyManager, 'status' | 'connector' | 'on'>;
  /** Durations of tool calls, recorded by the code that calls the tools. */
  readonly latencies: CallLatencies;
  readonly clock?: Clock;
  /** Title of the page. */
  readonly name?: string;
  readonly version?: string;
  /** Number of connectors on one page. Defaults to 200. */
  readonly pageRows?: number;
  /** Maximum number of pages with an open event stream. Defaults to 32. */
  readonly maxStreams?: number;
}

/**
 * Status page of a process that serves HTTP. It does not authenticate requests, because the server that it belongs to
 * decides who may see it.
 */
export interface StatusSite {
  /**
   * Answers GET and HEAD of `/`, `/status.json` and `/status/events` (server-sent events; 503 while too many pages have
   * a stream). Other methods get 405. Returns false, and does nothing, for any other path. `viewer` defaults to a
   * viewer who may not log in to connectors.
   */
  handle(request: IncomingMessage, response: ServerResponse, pathname: string, viewer?: PageViewer): boolean;
  /** True if `handle` serves this path. */
  has(pathname: string): boolean;
  /** Ends all open event streams, timers and listeners. Idempotent. */
  close(): void;
}

type Route = (request: IncomingMessage, response: ServerResponse, viewer: PageViewer) => void;

/**
 * Creates a status site. It listens to the manager, and monitors the event loop, until `close()`. It does not keep the
 * process running.
 */
export function createStatusSite(options: StatusSiteOptions): StatusSite {
  const { manager, latencies, clock = systemClock, pageRows = DEFAULT_PAGE_ROWS } = options;
  const { name = 'mcp-switchyard', version = PACKAGE_VERSION, maxStreams = DEFAULT_MAX_STREAMS } = options;
  const loopDelay = watchLoopDelay(LOOP_INTERVAL_MS);
  const events = new EventLog(manager, clock, KEPT_EVENTS);
  const reader = new StatusReader({ manager, latencies, clock, events, loopDelay, name, version, pageRows });
  const streams = new EventStreams({
    read: (query) => reader.read(query),
    renew: () => reader.renew(),
    newsCount: () => events.seq + latencies.recorded,
    maxStreams,
  });

  const routes: Readonly<Record<string, Route>> = {
    '/': (request, response, viewer) => {
      const nonce = randomBytes(16).toString('base64');
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': pagePolicy(nonce, viewer.formTarget),
      };
      const model = reader.read(parseListQuery(parametersOf(request)));
      answer(response, 200, headers, renderPage(model, nonce, viewer));
    },
    '/status.json': (request, response) => {
      const model = reader.read(parseListQuery(parametersOf(request)));
      answer(response, 200, { 'content-type': 'application/json; charset=utf-8' }, `${JSON.stringify(model)}\n`);
    },
    '/status/events': (request, response, viewer) => {
      if (streams.isFull) return answerText(response, 503, 'Too many pages are open', { 'retry-after': '15' });
      if (request.method === 'HEAD') return answer(response, 200, { 'content-type': 'text/event-stream' }, '');
      const parameters = parametersOf(request);
      const seq = Number(request.headers['last-event-id'] ?? parameters.get('seq') ?? 0);
      streams.open(
        request,
        response,
        { ...COMMON_HEADERS, 'content-security-policy': BARE_POLICY },
        {
          viewer,
          query: parseListQuery(parameters),
          stamp: parameters.get('stamp') ?? '',
          // A number that is higher than that of the last event was assigned before the gateway restarted.
          seq: seq <= events.seq ? seq : 0,
        },
      );
    },
  };

  const has = (pathname: string): boolean => Object.hasOwn(routes, pathname);
  return {
    has,
    handle(request, response, pathname, viewer = ONLOOKER) {
      const route = has(pathname) ? routes[pathname] : undefined;
      if (route === undefined) return false;
      request.resume();
      if (request.method === 'GET' || request.method === 'HEAD') route(request, response, viewer);
      else answerText(response, 405, 'Use GET or HEAD', { allow: 'GET, HEAD' });
      return true;
    },
    close() {
      streams.close();
      events.close();
      loopDelay.close();
    },
  };
}

/** Parses the query without `URL`, because the request target of a client need not be a valid URL. */
function parametersOf({ url = '' }: IncomingMessage): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start));
}

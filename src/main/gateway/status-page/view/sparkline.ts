import type { LatencyView } from '../../call-latencies.ts';
import { type Html, html } from './html.ts';

const WIDTH = 108;
const HEIGHT = 24;
/** Margin at the edges, so that strokes are not cut off. */
const EDGE = 3;

/**
 * Renders the durations of the last calls as a line, and failed calls as ticks at the bottom. Screen readers get a text
 * with the same content.
 */
export function sparkline(latency: LatencyView): Html {
  const { recentMs, failed, maxMs } = latency;
  const step = recentMs.length < 2 ? 0 : (WIDTH - 2 * EDGE) / (recentMs.length - 1);
  const x = (index: number): string => (EDGE + index * step).toFixed(1);
  // The scale starts at 0, so that equal durations give a flat line. If all durations are 0, the line is at the bottom.
  const y = (ms: number): string => (HEIGHT - EDGE - (maxMs === 0 ? 0 : ms / maxMs) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const points = recentMs.map((ms, index) => `${x(index)},${y(ms)}`).join(' ');
  const last = recentMs.length - 1;
  const line = html`<polyline points="${points}"/>`;
  const ticks = failed.map((index) => html`<path class="miss" d="M${x(index)} ${HEIGHT}v-6"/>`);
  const end = html`<circle cx="${x(last)}" cy="${y(recentMs[last] ?? 0)}" r="2"/>`;
  const size = html`viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`;
  const label = latencyText(latency);
  return html`<svg class="spark" ${size} role="img" aria-label="${label}">${line}${ticks}${end}</svg>`;
}

/** Returns the line's content in words, for screen readers. */
export function latencyText({ recentMs, failed, p50Ms, p95Ms, maxMs }: LatencyView): string {
  const calls = recentMs.length === 1 ? 'The last call' : `The last ${recentMs.length} calls`;
  const failures = failed.length === 0 ? 'none failed' : `${failed.length} failed`;
  const [median, p95, slowest] = [p50Ms, p95Ms, maxMs].map(milliseconds);
  return `${calls}: median ${median}, 95th percentile ${p95}, slowest ${slowest}, ${failures}`;
}

/** Formats a duration with two significant digits: `0.4 ms`, `12 ms`, `1.2 s`. */
export function milliseconds(ms: number): string {
  if (ms >= 9_950) return `${Math.round(ms / 1000)} s`;
  if (ms >= 995) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 9.95 || ms === 0 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

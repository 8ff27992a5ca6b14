import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { percentile, type Section } from '../../src/main/cli/bench/report-figures.ts';
import { startFixture } from '../support/fixture.ts';
import type { ComeUpSample } from './come-up-process.ts';
import { configOf, seedLogins } from './seed-logins.ts';

const SCRIPT = fileURLToPath(new URL('./come-up-process.ts', import.meta.url));
const HOUR_MS = 3_600_000;
const WAYS = ['without a login', 'with a login'] as const;

/**
 * Measures the time until all connectors are connected. Compares connectors that have a valid login with the same
 * connectors without logins. The two alternate, in new processes.
 */
export async function measureComeUp(
  { pairs, count }: { readonly pairs: number; readonly count: number },
  tell: (section: Section) => void,
): Promise<void> {
  process.env.SWITCHYARD_LOGIN_KEY = 'file';
  const folder = mkdtempSync(join(tmpdir(), 'bench-logins-'));
  using open = await startFixture({ count, tools: 20 });
  using wanting = await startFixture({ count, tools: 20, wantsToken: true });
  const jobs = [open, wanting].map(({ urls }, index) => {
    const [config, stateDir] = [join(folder, `config-${index}.json`), join(folder, `state-${index}`)];
    writeFileSync(config, configOf(urls, index === 1));
    mkdirSync(stateDir, { mode: 0o700 });
    return { config, stateDir, urls };
  });
  const now = Date.now();
  const tokens = { refreshToken: 'bench refresh', expiresAtMs: now + HOUR_MS, obtainedAtMs: now, scope: null };
  await seedLogins(jobs[1]?.stateDir ?? '', jobs[1]?.urls ?? [], 'https://issuer.test', (index) => ({
    ...tokens,
    accessToken: `bench-token-${index}`,
  }));
  const samples: ComeUpSample[][] = [[], []];
  for (let pair = 0; pair <= pairs; pair += 1)
    for (const way of pair % 2 === 0 ? [0, 1] : [1, 0]) {
      const { config = '', stateDir = '' } = jobs[way] ?? {};
      const sample = await inFreshProcess<ComeUpSample>(SCRIPT, [
        ...[config, stateDir, String(count)],
        ...(pair === 0 ? ['keep'] : []),
      ]);
      // The first pair is not counted, because it fills the state folders and the disk caches.
      if (pair > 0) samples[way]?.push(sample);
    }
  rmSync(folder, { recursive: true, force: true });
  const ratios = (samples[1] ?? []).map(({ upMs }, index) => upMs / (samples[0]?.[index]?.upMs ?? Number.NaN));
  tell({
    title: `${count} connectors come up, 20 tools each`,
    rows: WAYS.flatMap((way, index) =>
      (['upMs', 'cpuMs'] as const).map((metric) => ({
        ...{ way, metric: metric === 'upMs' ? 'until all are up' : 'processor time', unit: 'ms' },
        samples: (samples[index] ?? []).map((sample) => sample[metric]),
        baseline: WAYS[0],
      })),
    ),
    notes: [
      `ratio of the pairs: median ${percentile(ratios, 0.5).toFixed(2)}, p95 ${percentile(ratios, 0.95).toFixed(2)}`,
    ],
  });
}

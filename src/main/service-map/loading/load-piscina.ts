import type { Piscina } from 'piscina';
import { lateModule } from '../../../shared/late-module.ts';

/** The class Piscina. Rejects with MODULE_NOT_LOADED. */
export const loadPiscina: () => Promise<typeof Piscina> = lateModule('piscina', async () => {
  const found = await import('piscina');
  // What a bundler made of it has only `default`.
  return found.Piscina ?? found.default;
});

import type { Piscina } from 'piscina';
import { lateModule } from '../../../shared/late-module.ts';

/** Loads the class Piscina. Rejects with MODULE_NOT_LOADED. */
export const loadPiscina: () => Promise<typeof Piscina> = lateModule('piscina', async () => {
  const found = await import('piscina');
  // In a bundle, the module of Piscina has only a default export.
  return found.Piscina ?? found.default;
});

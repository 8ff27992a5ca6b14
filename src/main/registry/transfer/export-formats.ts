import type { ClientFormat } from './client-writers.ts';

/** Whose file an export is: `servers` is the registry's own. */
export const EXPORT_FORMATS = [
  'claude',
  'cursor',
  'vscode',
  'opencode',
  'codex',
  'zed',
  'gemini',
  'goose',
  'servers',
] as const satisfies readonly (ClientFormat | 'servers')[];

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

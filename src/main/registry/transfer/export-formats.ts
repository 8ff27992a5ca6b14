import type { ClientFormat } from './client-writers.ts';

/** Formats for an export: those of clients, and `servers`, the registry's own format. */
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

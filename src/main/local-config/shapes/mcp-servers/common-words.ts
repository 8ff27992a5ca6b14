import type { EntryDraft } from '../../entry/entry-draft.ts';
import type { ShapeContext } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';
import { takeToolLists } from '../tool-lists.ts';
import { takeCherryStudio } from './cherry-studio.ts';
import { takeCopilotCli } from './copilot-cli.ts';
import { takeGemini } from './gemini.ts';
import { takeLibreChat } from './librechat.ts';
import { takeCommandList, takeMcporter } from './mcporter.ts';
import { takeTransport } from './transport-member.ts';
import { takeWorkingDirectory } from './warp.ts';
import { takeWindsurf } from './windsurf.ts';

/**
 * Renames the members of all clients that write an `mcpServers` object. Such a file does not say which client wrote it,
 * and people copy entries from one client to another. So the known members of all these clients are translated in every
 * file.
 */
export function takeCommonWords(draft: EntryDraft, context: ShapeContext): void {
  takeTransport(draft);
  takeWindsurf(draft);
  takeGemini(draft, context);
  takeMcporter(draft);
  takeCommandList(draft);
  takeWorkingDirectory(draft);
  takeCherryStudio(draft);
  takeLibreChat(draft, context);
  takeCopilotCli(draft);
  takeTimeout(draft, 'timeout', 'call', 'unsaid');
  takeToolLists(draft);
}

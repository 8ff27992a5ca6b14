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
 * Puts the words of all clients that have an `mcpServers` object into ours. Such a file does not say whose it is, and
 * people copy entries from one to another, so each entry is read by whatever words it has.
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

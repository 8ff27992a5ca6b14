/** `node browser.ts URL`: a person's browser, who logs in and agrees to everything. */
import { ScriptedBrowser } from '../../../../test/helpers/logins/scripted-browser.ts';

await new ScriptedBrowser().follow(process.argv.at(-1) ?? '');

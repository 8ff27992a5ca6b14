/** `node browser.ts URL`: acts as a person with a browser, who logs in and agrees to everything. */
import { ScriptedBrowser } from '../../../../test/helpers/logins/scripted-browser.ts';

await new ScriptedBrowser().follow(process.argv.at(-1) ?? '');

/**
 * A host that refreshes its logins in the background until it is killed: `node refreshing-process.ts CONFIG STATE_DIR`.
 */
import { ConnectorProxyManager } from '../../src/main/index.ts';

const [configFile = '', stateDir = ''] = process.argv.slice(2);
const manager = new ConnectorProxyManager({ configFile, stateDir });
await manager.sync();
process.stdout.write('{}\n');
setInterval(() => {}, 3_600_000);

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects all garbage of this thread, so that a measurement does not include garbage from before. */
export const collectGarbage = runInNewContext('gc') as () => void;

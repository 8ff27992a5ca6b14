import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed when its scope ends. */
export class TempDir implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'switchyard-test-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

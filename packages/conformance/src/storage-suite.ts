import { lifecycleTests } from './storage-lifecycle.ts';
import { logTests } from './storage-log.ts';
import type { StorageSuiteOptions } from './storage-place.ts';
import { readTests } from './storage-reads.ts';
import { installTests, snapshotTests } from './storage-snapshots.ts';

/**
 * Tells whether a storage keeps its contract, as far as that shows without a crash. What a crash may take is for the
 * adapter's own tests, which know how to make one.
 */
export function storageSuite(options: StorageSuiteOptions): void {
  options.runner.describe('keeps the contract of a storage', () => {
    options.runner.describe('life', () => lifecycleTests(options));
    options.runner.describe('log', () => logTests(options));
    options.runner.describe('reads', () => readTests(options));
    options.runner.describe('snapshots', () => snapshotTests(options));
    options.runner.describe('a snapshot that becomes current', () => installTests(options));
  });
}

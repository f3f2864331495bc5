import type { TestSequencer, TestSpecification } from 'vitest/node';

/** What stands in a `test` folder, and what packs the packages, runs for tens of seconds; what stands beside its source does not. */
const long = /\/test\/|\/pack\.test\.ts$/;

/** A minute and more, on all cores. */
const longest = /\/simulator\/test\/campaign\.test\.ts$/;

/** Begins with the tests that take long, so that no worker is left with one of them at the end. */
export class LongTestsFirst implements TestSequencer {
  async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => (longest.test(file.moduleId) ? 0 : long.test(file.moduleId) ? 1 : 2);
    return files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }

  async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files;
  }
}

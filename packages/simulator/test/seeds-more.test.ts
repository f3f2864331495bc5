import { describeSeeds, numberFrom } from './seeds.ts';

// A file of its own, so that both cores have work.
if (numberFrom('RAFT_SEED') === undefined) describeSeeds('another thousand clusters under faults', { first: 1001, count: 1000 });
else describeSeeds('only the seed that was asked for is run, in the other file', { first: 0, count: 0 });

export { type Failure, type History, runSeed } from './campaign/run-seed.ts';

export { assertEqual, assertRejects, assertTrue, ConformanceError } from './assert.ts';
export type { Runner } from './runner.ts';

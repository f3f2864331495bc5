export { assertEqual, assertRejects, assertTrue, ConformanceError } from './assert.ts';
export type { Runner } from './runner.ts';
export { type StateMachineSuiteOptions, stateMachineSuite } from './state-machine-suite.ts';
export type { StoragePlace, StorageSuiteOptions } from './storage-place.ts';
export { storageSuite } from './storage-suite.ts';
export type { TransportFixture, TransportPlace } from './transport-fixture.ts';
export { type TransportSuiteOptions, transportSuite } from './transport-suite.ts';

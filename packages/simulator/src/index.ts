export { type Failure, type History, runPlan, runSeed } from './campaign/run-seed.ts';
export { type Draw, type SimulateFailure, type SimulateOptions, type SimulateReport, simulate } from './simulate/simulate.ts';
export type { FaultFamily } from './world/draw-faults.ts';
export { drawPlan, type Wishes } from './world/draw-plan.ts';
export type { Fault, Level, Plan, Profile } from './world/plan.ts';

import type { Fault, Plan } from '../world/plan.ts';

/** A plan that is simpler in one respect. Undefined: it is as simple already. */
export type Simplification = (plan: Plan) => Plan | undefined;

const everybody = (voters: number): number => 2 ** voters - 1;

/** Changes what is given, unless it stands there already. */
function set(change: Partial<Plan>): Simplification {
  return (plan) => unlessEqual(plan, { ...plan, ...change });
}

function setClients(change: (clients: Plan['clients']) => Partial<Plan['clients']>): Simplification {
  return (plan) => unlessEqual(plan, { ...plan, clients: { ...plan.clients, ...change(plan.clients) } });
}

function setConfig(change: (config: Plan['config']) => Partial<Plan['config']>): Simplification {
  return (plan) => {
    const { config, otherConfig } = plan;
    // Both keep the same times.
    return unlessEqual(plan, {
      ...plan,
      config: { ...config, ...change(config) },
      otherConfig: { ...otherConfig, ...change(otherConfig) },
    });
  };
}

function unlessEqual(plan: Plan, changed: Plan): Plan | undefined {
  return JSON.stringify(changed) === JSON.stringify(plan) ? undefined : changed;
}

/** With so many nodes; what would happen to the others happens to nobody. */
function withVoters(plan: Plan, voters: number): Plan {
  const bits = everybody(voters);
  return {
    ...plan,
    voters,
    clockRates: plan.clockRates.slice(0, voters),
    // Somebody must form the cluster.
    bootstrap: plan.bootstrap & bits || 1,
    survivors: plan.survivors & bits || 1,
    faults: plan.faults.filter((fault) => nodesOf(fault).every((node) => node < voters)),
  };
}

function nodesOf(fault: Fault): readonly number[] {
  const named = 'node' in fault ? [fault.node] : [];
  const who = 'who' in fault ? [fault.who.node] : [];
  const linked = fault.type === 'slowLink' ? [fault.from, fault.to] : [];
  const cut = fault.type === 'partition' ? [fault.one.node, fault.scheme === 'link' ? fault.other : 0] : [];
  return [...named, ...who, ...linked, ...cut];
}

/** Fewer nodes, simplest first. */
const fewerNodes: readonly Simplification[] = [1, 2, 3, 4, 5].map(
  (voters) => (plan) => (plan.voters > voters ? withVoters(plan, voters) : undefined),
);

/** Each makes another history of it, so that the failure may need other chance. */
export const structural: readonly Simplification[] = [
  // Less code to suspect, and many times quicker.
  set({ level: 'protocol' }),
  (plan) => (plan.level === 'devices' ? { ...plan, level: 'node' } : undefined),
  ...fewerNodes,
  set({ preformed: true, formInPeace: false }),
  setClients(() => ({ count: 0 })),
  setClients(({ count }) => ({ count: Math.min(1, count) })),
  setClients(({ count }) => ({ count: Math.min(2, count) })),
];

/** What a reader need not think about any more, one thing at a time. */
export const knobs: readonly Simplification[] = [
  set({ encoded: false }),
  (plan) => unlessEqual(plan, { ...plan, otherConfig: plan.config }),
  set({ formInPeace: false }),
  (plan) => unlessEqual(plan, { ...plan, bootstrap: everybody(plan.voters) }),
  (plan) => unlessEqual(plan, { ...plan, survivors: everybody(plan.voters) }),
  (plan) => unlessEqual(plan, { ...plan, clockRates: plan.clockRates.map(() => 1) }),
  set({ gather: 0 }),
  set({ applyDelay: 0 }),
  set({ latency: 1000 }),
  set({ diskLatency: 1000 }),
  setClients(() => ({ burst: 1 })),
  setClients(() => ({ padding: 0 })),
  setClients(() => ({ keys: 1 })),
  setClients(() => ({ readShare: 0 })),
  setClients(() => ({ readShare: 1 })),
  setClients(() => ({ toLeader: 0, pinned: 0 })),
  setClients(() => ({ toLeader: 1 })),
  // Fewer heartbeats.
  setConfig(({ electionTimeoutMs }) => ({ heartbeatIntervalMs: Math.floor(electionTimeoutMs / 2) })),
  setConfig(() => ({ snapshotEveryEntries: 0, trailingEntries: 0 })),
  setConfig(() => ({ trailingEntries: 0 })),
  setConfig(() => ({ maxAppendBytes: 100_000, maxInflightBytes: 100_000, maxInflightMessages: 256 })),
  setConfig(() => ({ maxCachedBytes: 1_000_000 })),
  setConfig(() => ({ maxApplyingEntries: 4096 })),
  setConfig(() => ({ maxUncommittedEntries: 65_536, maxUncommittedBytes: 100_000, maxPendingRequests: 65_536 })),
  setConfig(() => ({ snapshotChunkBytes: 5000 })),
];

/** A fault, simpler in one respect each: the plainest of its kind, and quick. */
export function simplerFaults(fault: Fault): readonly Fault[] {
  switch (fault.type) {
    case 'partition':
      return [...simpler(fault, { direction: 'both' }), ...simpler(fault, { scheme: 'isolate' }), ...simpler(fault, { noticedAfter: 0 })];
    case 'weather':
      return [
        ...simpler(fault, { loss: 0 }),
        ...simpler(fault, { duplicate: 0 }),
        ...simpler(fault, { reorder: 0 }),
        ...simpler(fault, { late: 0 }),
      ];
    case 'crash':
    case 'crashAll':
    case 'crashPoint':
    case 'diskFailure':
      return [
        ...simpler(fault, { silent: false }),
        ...simpler(fault, { powerCut: 'never' }),
        ...simpler(fault, { powerCut: 'at once', surviving: 0 }),
        ...simpler(fault, { downFor: 1000 }),
        ...simpler(fault, { reconfigured: false }),
      ];
    default:
      return [];
  }
}

/** With these fields, unless it has them already. */
function simpler<Kind extends Fault>(fault: Kind, fields: Partial<Kind>): readonly Kind[] {
  const differs = Object.entries(fields).some(([name, value]) => fault[name as keyof Kind] !== value);
  return differs ? [{ ...fault, ...fields }] : [];
}

/** All that happens from fault `first` on happens earlier by a share of the quiet time before it. Undefined when there is none. */
export function sooner(plan: Plan, first: number, share: number): Plan | undefined {
  const at = plan.faults[first]?.at ?? 0;
  const before = plan.faults[first - 1]?.at ?? 0;
  const gain = Math.floor((at - before) * share);
  if (gain < 1000) return undefined;
  return { ...plan, faults: plan.faults.map((fault, index) => (index < first ? fault : { ...fault, at: fault.at - gain })) };
}

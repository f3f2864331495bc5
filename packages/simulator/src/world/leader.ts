import type { SimulatedNode } from '../nodes/simulated-node.ts';

/** Of several that believe to lead, the one of the highest term: the others lead nobody. */
export function leaderAmong(nodes: readonly SimulatedNode[]): SimulatedNode | undefined {
  const leaders = nodes.filter((node) => node.leads);
  return leaders.reduce<SimulatedNode | undefined>((best, node) => (best !== undefined && best.term > node.term ? best : node), undefined);
}

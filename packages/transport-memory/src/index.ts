export { type MemoryNetwork, type MemoryTransportOptions, memoryNetwork } from './memory-network.ts';
export type { MemoryNetworkOptions } from './network.ts';

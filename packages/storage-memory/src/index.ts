export { type MemoryDisk, memoryDisk } from './memory-disk.ts';
export { type MemoryStorageOptions, memoryStorage } from './memory-storage.ts';

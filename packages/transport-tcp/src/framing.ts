/** Cuts streams of bytes into frames, and joins frames; imports nothing of Node. */
export { FrameBatch, FrameDecoder } from '@raft/core/connections';

export type { Carrier, Channel, ChannelOwner, Listening, ListenOptions } from './channel.ts';
export { type ConnectionTransport, type ConnectionTransportOptions, connectionTransport } from './connection-transport.ts';
export { FrameBatch, FrameDecoder } from './framing.ts';
export { type ConnectionLimitOptions, type ConnectionLimits, parseConnectionLimits } from './limits.ts';
export { explainListenError } from './listen-error.ts';

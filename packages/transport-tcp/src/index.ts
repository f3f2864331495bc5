export type { TcpTransportOptions } from './options.ts';
export { type TcpTransport, tcpTransport } from './tcp-transport.ts';

export { type TcpTransport, type TcpTransportOptions, tcpTransport } from './tcp-transport.ts';

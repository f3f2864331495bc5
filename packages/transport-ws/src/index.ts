export { type WsTransport, type WsTransportOptions, wsTransport } from './ws-transport.ts';

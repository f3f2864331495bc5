/** Binary data everywhere in this project: a view on an ordinary (never shared) buffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

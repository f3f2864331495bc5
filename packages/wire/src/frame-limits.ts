/** Largest frame, header included: 32 MiB. Nobody allocates more than this because a peer said so. */
export const maxFrameBytes = 32 * 1024 * 1024;

/** Bytes in front of a frame's payload. */
export const frameHeaderBytes = 24;

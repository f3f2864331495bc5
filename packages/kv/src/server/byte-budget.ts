/** So many bytes may be held at once, and no more. */
export interface ByteBudget {
  readonly left: number;
  /** False, and nothing is taken, when so much isn't left. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A budget of which nothing is taken yet. */
export function byteBudget(maxBytes: number): ByteBudget {
  let left = maxBytes;
  return {
    get left() {
      return left;
    },
    take: (bytes) => {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give: (bytes) => {
      left += bytes;
    },
  };
}

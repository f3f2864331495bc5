/** Every value that a key ever had, in the order of the log: what a read at an index must have found. */
export class ValueHistory {
  private readonly versions = new Map<string, { readonly index: number; readonly value: string | null }[]>();

  /** Behind the newest entry that was recorded. */
  latest(key: string): string | null {
    return this.versions.get(key)?.at(-1)?.value ?? null;
  }

  /** Once everything up to `index` is applied. */
  at(key: string, index: number): string | null {
    const versions = this.versions.get(key) ?? [];
    // Reads look at what is new.
    for (let place = versions.length - 1; place >= 0; place--) {
      const version = versions[place];
      if (version !== undefined && version.index <= index) return version.value;
    }
    return null;
  }

  record(key: string, index: number, value: string | null): void {
    const versions = this.versions.get(key);
    if (versions === undefined) this.versions.set(key, [{ index, value }]);
    else versions.push({ index, value });
  }
}

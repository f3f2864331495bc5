/** What of an upgrade request tells where a page came from. */
export interface RequestOrigin {
  /** The page's origin, `https://host:port`; browsers always say it, nobody else needs to. */
  readonly origin: string | undefined;
  /** The host that was asked. */
  readonly host: string | undefined;
}

/**
 * Whether to take a request. A browser lets any page of any site open a WebSocket to any host that it reaches, this one too: so a page must come
 * from this very host, unless its origin is listed.
 */
export function isOriginAllowed({ origin, host }: RequestOrigin, origins: readonly string[]): boolean {
  if (origin === undefined || origins.includes(origin)) return true;
  return host !== undefined && host !== '' && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

import { ConfigurationError } from "./errors.ts";

/** A base folder of a container, as a source's url names it. */
export type BlobPlace = {
  /** The url without anything secret: how messages name the place. */
  readonly url: string;
  readonly account: string;
  readonly container: string;
  readonly containerUrl: string;
  /** The base folder with a slash at its end; empty for the whole container. */
  readonly prefix: string;
};

/**
 * Reads `https://<account>.blob.core.windows.net/<container>/<base folder>`, or the form of emulators with the account
 * in the path. Throws ConfigurationError, which never repeats what follows a question mark: it may be a SAS.
 */
export function parseBlobUrl(text: string): BlobPlace {
  const url = parseUrl(text);
  const segments = url.pathname
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => decode(segment, url));
  const account = accountOfHost(url.hostname) ?? segments.shift();
  const container = segments.shift();
  if (account === undefined || container === undefined) {
    throw new ConfigurationError(
      `${url.origin}${url.pathname}: names no container: write it like https://<account>.blob.core.windows.net/<container>/<base folder>`,
    );
  }
  const endpoint = accountOfHost(url.hostname) === null ? `${url.origin}/${account}` : url.origin;
  const containerUrl = `${endpoint}/${encodeURIComponent(container)}`;
  return {
    url: [containerUrl, ...segments.map(encodeURIComponent)].join("/"),
    account,
    container,
    containerUrl,
    prefix: segments.map((segment) => `${segment}/`).join(""),
  };
}

function parseUrl(text: string): URL {
  const shown = text.replace(/[?#].*$/s, "").replace(/\/\/[^/]*@/, "//");
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ConfigurationError(
      `${shown}: is not a url: write it like https://<account>.blob.core.windows.net/<container>/<base folder>`,
    );
  }
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new ConfigurationError(
      `${shown}: the url must not carry a SAS or password: put it into an environment variable and name that as credential`,
    );
  }
  if (/\.dfs\./.test(url.hostname)) {
    throw new ConfigurationError(
      `${shown}: is a Data Lake endpoint: write .blob. instead of .dfs., it is the same data`,
    );
  }
  return url;
}

function decode(segment: string, { origin, pathname }: URL): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new ConfigurationError(
      `${origin}${pathname}: ${segment} cannot be decoded: write a percent sign that is part of a name as %25`,
      { cause },
    );
  }
}

/** Null where the account is not in the host but the first folder: an IP address or a plain name is an emulator. */
function accountOfHost(host: string): string | null {
  const isEmulator = /^[\d.]+$/.test(host) || host.startsWith("[") || !host.includes(".");
  return isEmulator ? null : (host.split(".")[0] ?? null);
}

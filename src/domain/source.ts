/** Where the secret is found; the secret itself is never kept. */
export type Credential = "default" | { readonly env: string };

/** A credential as text: `default`, or `env:` and the name of the variable. */
export function formatCredential(credential: Credential): string {
  return credential === "default" ? credential : `env:${credential.env}`;
}

type SourceSettings = {
  readonly name: string;
  readonly enabled: boolean;
  /** Who answers where two sources cover the same subscription and day: the smaller one. */
  readonly priority: number;
  /** How many rows of a run may be refused before the run is not published. */
  readonly rejectLimit: number;
};

/** Exports in Azure Blob Storage. */
export type BlobSource = SourceSettings & {
  readonly kind: "blob";
  /** `https://<account>.blob.core.windows.net/<container>/<base folder>`. */
  readonly url: string;
  readonly credential: Credential;
};

/** Exports in a local directory with the same layout. */
export type FolderSource = SourceSettings & { readonly kind: "folder"; readonly path: string };

/** Where billing data comes from. */
export type Source = BlobSource | FolderSource;

/** What a source has when nothing is said. */
export const SOURCE_DEFAULTS = { enabled: true, priority: 100, rejectLimit: 0 } as const;

/** What a source's name may be: it appears in ids, paths and options. */
export const SOURCE_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

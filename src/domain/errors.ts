/**
 * Every way in which Billhouse is known to fail. Messages start with the place and end with what to do. Callers and
 * workflow engines match by `name`, so the names are part of the interface.
 */
export abstract class BillhouseError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The caller asked for something that cannot be: a wrong option, name, month, file of settings. */
export class InvalidRequestError extends BillhouseError {}

/** One value of a request is wrong: which one, and what was expected instead. */
export class InvalidParameterError extends InvalidRequestError {
  /** Its name as the caller wrote it. */
  readonly parameter: string;

  constructor(parameter: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.parameter = parameter;
  }
}

/** The thing that was asked for is not there. */
export class NotFoundError extends BillhouseError {}

/** A configured thing is missing or wrong: an environment variable, a credential, a path. */
export class ConfigurationError extends BillhouseError {}

/** A manifest that cannot be read, or that contradicts itself or the listing. */
export class ManifestError extends BillhouseError {}

/** A file's header that cannot be mapped: no cost, no date, or the same column twice. */
export class HeaderError extends BillhouseError {}

/** A file whose bytes are not what was announced: truncated, corrupt, of another size, with broken quoting. */
export class FileError extends BillhouseError {}

/** A file that unpacks to more than a part may. */
export class PartLimitError extends FileError {}

/** Rows that cannot be used, over the source's limit. */
export class RejectedRowsError extends BillhouseError {}

/** Rows in the file, rows loaded and the manifest's count do not agree. */
export class ReconciliationError extends BillhouseError {}

/** A file vanished or changed while it was read: the export was overwritten. List again and start over. */
export class OverwrittenError extends BillhouseError {}

/** The storage account or folder refused or failed. */
export class StorageError extends BillhouseError {}

/** The storage account asked to be left alone for a while. */
export class ThrottledError extends StorageError {
  /** After how many seconds to come back; null where it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, options: ErrorOptions & { readonly retryAfterSeconds: number | null }) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** One of Azure's APIs failed, was not reached, or gave what cannot be read: a later try may succeed. */
export class ApiError extends BillhouseError {}

/** One of Azure's APIs refused what it was asked: the request, the scope or the period has to change first. */
export class ApiRefusalError extends BillhouseError {}

/** Nobody is signed in: the identity, its secret or its certificate is wrong, has expired, or is missing. */
export class AuthenticationError extends BillhouseError {}

/** Who is signed in may not do that: a role is missing. */
export class PermissionError extends BillhouseError {}

/** What was asked for is empty: it replaces nothing. */
export class NoDataError extends BillhouseError {}

/** The same import is being done elsewhere at this moment. */
export class AlreadyRunningError extends BillhouseError {}

/** The warehouse could not be reached, refused a query, or went away. */
export class WarehouseError extends BillhouseError {}

/** Known failures that no retry can mend: the input or the configuration has to change first. */
export const PERMANENT_ERRORS: readonly string[] = [
  InvalidRequestError.name,
  InvalidParameterError.name,
  NotFoundError.name,
  ConfigurationError.name,
  ApiRefusalError.name,
  AuthenticationError.name,
  PermissionError.name,
  NoDataError.name,
  ManifestError.name,
  HeaderError.name,
  FileError.name,
  PartLimitError.name,
  RejectedRowsError.name,
  ReconciliationError.name,
];

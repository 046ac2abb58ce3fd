import { BillhouseError } from "../domain/errors.ts";

/** A request that is answered with a status of its own. */
export class HttpError extends BillhouseError {
  readonly status: number;
  /** A word for programs, such as not_found. */
  readonly code: string;
  readonly details: object | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: ErrorOptions & { readonly details?: object; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }
}

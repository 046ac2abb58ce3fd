/** The name of an environment variable, as those that hold secrets are referred to. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

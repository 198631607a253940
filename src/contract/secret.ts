/** Where the worker finds a secret when a task starts: a variable of its own environment, a file, or what a command prints. */
export type SecretSource =
  { kind: 'variable'; name: string } | { kind: 'file'; path: string } | { kind: 'command'; argv: string[] };

/** How a plan and `baton.yaml` name a secret. */
export const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

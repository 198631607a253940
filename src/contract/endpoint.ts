/** An agent's service that is reached by HTTP (EXE-1). The same fields stand under `endpoints` in `baton.yaml`. */
export interface Endpoint {
  url: string;
  /** Values in which `${NAME}` stands for a variable of the worker. */
  headers: Readonly<Record<string, string>>;
}

export type Endpoints = Readonly<Record<string, Endpoint>>;

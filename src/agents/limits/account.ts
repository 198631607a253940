import { createHmac } from 'node:crypto';
import { canonicalJson } from '../../contract/json.js';

/** What tells one login from another: keys, and where a program looks for them or sends them. */
const IDENTIFIES =
  /KEY|TOKEN|SECRET|AUTH|CREDENTIAL|PASSWORD|URL|ENDPOINT|_HOME$|CONFIG_DIR|PROFILE|ACCOUNT|ORGANI[SZ]ATION|PROJECT/;

export interface AccountSources {
  runtime: string;
  /** What the process gets, and which of the worker's variables are the runtime's own (`ANTHROPIC_*`). */
  env: Readonly<Record<string, string>>;
  variables: readonly string[];
  /** The worker's home, in which a program finds the login of who is signed in. */
  home: string | undefined;
  /** Secret of this data folder. */
  salt: string;
}

/** A name for the login that an agent works under, the same for all of them. It is salted, so that nobody can try keys on it. */
export function accountOf({ runtime, env, variables, home, salt }: AccountSources): string {
  const isOwn = (name: string): boolean =>
    variables.some((own) => (own.endsWith('*') ? name.startsWith(own.slice(0, -1)) : name === own));
  const found = Object.entries(env).filter(
    ([name, value]) => (isOwn(name) && IDENTIFIES.test(name)) || (name === 'HOME' && value !== home),
  );
  if (found.length === 0) return `${runtime}-default`;
  const text = canonicalJson(Object.fromEntries(found));
  return `${runtime}-${createHmac('sha256', Buffer.from(salt, 'utf8')).update(text).digest('hex').slice(0, 16)}`;
}

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { taskEnvironment } from '../../agents/process/environment.js';
import { rememberSecret } from '../../agents/process/redact.js';
import { runProcess } from '../../agents/process/run.js';
import { BatonError } from '../../contract/errors.js';
import { LIMITS } from '../../contract/limits.js';
import type { SecretSource } from '../../contract/secret.js';
import { hooksOf, type Execution } from './execution.js';

/**
 * The task's variables that stand for secrets, with their values, which exist in this process and in the task's alone. Whatever of them comes
 * back in an output is redacted. @throws BatonError `secret_unavailable` with the path of the variable
 */
export async function secretsFor(execution: Execution): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [variable, name] of Object.entries(execution.task.secrets ?? {})) {
    const unavailable = (why: string): BatonError =>
      new BatonError('secret_unavailable', `the secret ${name} cannot be had: ${why}`, {
        path: `env.${variable}`,
        hint: 'mend `secrets` in BATON_HOME/baton.yaml, or what it names, then retry the task',
      });
    const source = execution.settings.secrets[name];
    if (!source) throw unavailable('baton.yaml does not name it any more');
    const value = await FINDERS[source.kind](source as never, execution).catch((error: unknown) => {
      throw unavailable(error instanceof Error ? error.message : String(error));
    });
    if (value === '' || value.includes('\0')) throw unavailable(value === '' ? 'it is empty' : 'it holds a NUL byte');
    if (Buffer.byteLength(value) > LIMITS.secretBytes)
      throw unavailable(`it is longer than ${LIMITS.secretBytes} bytes`);
    rememberSecret(value);
    values[variable] = value;
  }
  return values;
}

type Finder<K extends SecretSource['kind']> = (
  source: SecretSource & { kind: K },
  execution: Execution,
) => Promise<string>;

const FINDERS: { [K in SecretSource['kind']]: Finder<K> } = {
  variable: ({ name }, { deps }) => Promise.resolve(deps.environment[name] ?? ''),
  file: async ({ path }) =>
    lineOf(
      await readFile(
        path.replace(/^~(?=\/)/, () => homedir()),
        'utf8',
      ),
    ),
  command: async ({ argv }, execution) => {
    const { deps, identity, settings } = execution;
    const printed: Buffer[] = [];
    const end = await runProcess(
      {
        argv,
        cwd: deps.installation,
        env: taskEnvironment({ worker: deps.environment, declared: settings.environment, task: identity, extra: {} }),
        taskKey: identity.taskKey,
        timeLimitMs: LIMITS.secretCommandMs,
        killGraceMs: settings.killGraceMs,
        outputBytes: LIMITS.secretBytes,
      },
      {
        ...hooksOf(execution),
        onOutput: (chunk, stream) => {
          if (stream === 'stdout') printed.push(chunk);
        },
      },
    );
    if (end.cause !== 'exit' || end.exitCode !== 0)
      throw new Error(`${argv[0] ?? ''} ended with ${end.exitCode ?? end.cause}`);
    return lineOf(Buffer.concat(printed).toString('utf8'));
  },
};

const lineOf = (text: string): string => text.replace(/\r?\n$/, '');

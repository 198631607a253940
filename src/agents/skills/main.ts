/**
 * The program of a built-in skill's process: reads its order from standard input, answers on standard output with lines of JSON
 * (`{"kind":"progress",…}`, then one `{"kind":"report",…}`), and ends with 0. What goes wrong stands on standard error, with exit code 1.
 */
import { text } from 'node:stream/consumers';
import { LIMITS } from '../../contract/limits.js';
import type { Json } from '../../contract/json.js';
import { runProcess } from '../process/run.js';
import { MARKER } from '../process/find.js';
import { BUILTIN_SKILLS, type CommandEnd } from './index.js';

interface Order {
  skill: string;
  workspace: string;
  with: Record<string, Json>;
}

const say = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);

async function main(): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as Order;
  const skill = Object.hasOwn(BUILTIN_SKILLS, order.skill)
    ? BUILTIN_SKILLS[order.skill as keyof typeof BUILTIN_SKILLS]
    : undefined;
  if (!skill) throw new Error(`there is no skill ${order.skill}`);
  const report = await skill.run({
    workspace: order.workspace,
    with: order.with,
    signal: new AbortController().signal,
    progress: (percent, note) => void say({ kind: 'progress', percent, note }),
    runCommand,
  });
  say({ kind: 'report', report });
}

/** A command of the project, within this process's own marker, so that it is ended with the task. */
async function runCommand({ argv, cwd }: { argv: string[]; cwd: string }): Promise<CommandEnd> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const taskKey = env[MARKER] ?? 'baton-skill';
  const end = await runProcess(
    {
      argv,
      cwd,
      env,
      taskKey,
      timeLimitMs: LIMITS.taskTimeLimitMs,
      killGraceMs: LIMITS.killGraceMs,
      outputBytes: LIMITS.outputBytes,
    },
    { signal: new AbortController().signal },
  );
  return {
    exitCode: end.exitCode,
    signal: end.signal,
    started: end.cause !== 'not_started',
    outputTail: end.cause === 'not_started' ? (end.failure?.message ?? end.tail) : end.tail,
    outputBytes: end.outputBytes,
    durationMs: end.durationMs,
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

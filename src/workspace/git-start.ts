import { LIMITS } from '../contract/limits.js';
import type { GitRun } from './git.js';

interface Order {
  file: string;
  name: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  stdin: null;
}

interface Running {
  pid: number;
  /** Rejects where its end cannot be known any more. */
  exit: Promise<{ code: number | null }>;
  closed: Promise<void>;
  release(): void;
}

/** Starts a program in a group of its own. */
export type StartProgram = (
  order: Order,
  onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => void,
) => Promise<Running | { failure: { code: string } }>;

export interface GitStart {
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  timeMs: number;
  signal: AbortSignal | undefined;
}

/**
 * Runs git by a starter other than this process, bounded in time and output. Throws the reason of an aborted signal, and what the starter rejects
 * with where it has died: what git has done then is not known.
 */
export async function runStarted(start: StartProgram, { args, cwd, env, timeMs, signal }: GitStart): Promise<GitRun> {
  signal?.throwIfAborted();
  const kept = { stdout: keeper(LIMITS.gitOutputBytes), stderr: keeper(LIMITS.errorTextBytes) };
  let end = (): void => undefined;
  const variables = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const order = { file: 'git', name: 'git', args, cwd, env: Object.fromEntries(variables), stdin: null };
  const running = await start(order, (chunk, stream) => {
    if (!kept[stream].add(chunk) && stream === 'stdout') end();
  });
  if ('failure' in running) return { kind: 'not_started', why: running.failure.code };
  let isLate = false;
  end = () => endGroup(running);
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeMs);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted || kept.stdout.isCut()) end();
  try {
    const { code } = await running.exit;
    if (!isLate) await running.closed;
    signal?.throwIfAborted();
    const [stdout, stderr] = [kept.stdout.bytes(), kept.stderr.bytes().toString('utf8')];
    if (kept.stdout.isCut()) return { kind: 'ended', exitCode: 0, stdout, stderr, cut: true };
    if (isLate) return { kind: 'timed_out' };
    return { kind: 'ended', exitCode: code ?? -1, stdout, stderr, cut: false };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    running.release();
  }
}

function endGroup(running: Running): void {
  try {
    process.kill(-running.pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
  running.release();
}

function keeper(most: number) {
  const pieces: Buffer[] = [];
  let length = 0;
  return {
    /** False once there is more than is kept. */
    add(chunk: Buffer): boolean {
      if (length < most) pieces.push(chunk.subarray(0, most - length));
      length += chunk.length;
      return length <= most;
    },
    isCut: () => length > most,
    bytes: () => Buffer.concat(pieces),
  };
}

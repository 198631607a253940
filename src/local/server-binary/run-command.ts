import { spawn } from 'node:child_process';
import { LIMITS } from '../../contract/limits.js';
import { startTimeOf } from '../process-identity.js';
import { endProcess } from '../processes.js';

export interface Command {
  command: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  timeMs: number;
  signal?: AbortSignal;
  /** Each piece that the command writes to standard error. */
  onError?: (text: string) => void;
}

/** `stdout` and `reason` are bounded; `reason` holds the end of what the command wrote to standard error. */
export type CommandResult = { kind: 'ok'; stdout: string } | { kind: 'failed'; reason: string } | { kind: 'timeout' };

/** Runs a command to its end; at the time limit, or when `signal` is aborted, its whole group is ended. Never throws. */
export function runCommand(options: Command): Promise<CommandResult> {
  return new Promise((resolve) => {
    const [program = '', ...args] = options.command;
    const child = spawn(program, args, {
      env: options.env,
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let late = false;
    let ending: Promise<void> | undefined;
    const stop = (): void => {
      const pid = child.pid;
      if (pid === undefined || ending) return;
      signalGroup(pid, 'SIGTERM');
      ending = endProcess({ pid, startTime: startTimeOf(pid) ?? '' }, LIMITS.killGraceMs).then(() =>
        signalGroup(pid, 'SIGKILL'),
      );
    };
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, options.timeMs);
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => (stdout = (stdout + text).slice(0, LIMITS.logTailBytes)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-LIMITS.logTailBytes);
      options.onError?.(text);
    });
    const finish = async (result: CommandResult): Promise<void> => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
      await ending;
      resolve(late ? { kind: 'timeout' } : result);
    };
    child.once('error', (error) => void finish({ kind: 'failed', reason: error.message }));
    child.once('close', (code, signal) => {
      if (code === 0) void finish({ kind: 'ok', stdout });
      else
        void finish({ kind: 'failed', reason: lastLines(stderr) || (signal ? `ended by ${signal}` : `code ${code}`) });
    });
  });
}

/** A group may outlive its leader, so this does not look whether the leader still runs. */
function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // Nothing of the group is left.
  }
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' / ').slice(-600);

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../contract/durations.js';
import { LIMITS } from '../../contract/limits.js';
import { runCommand } from './run-command.js';
import { programOnPath, TEMPORAL_CLI_VERSION } from './verify.js';

/** What a way to fetch the program works with: `into` is an empty folder of its own. */
export interface FetchWay {
  env: Readonly<Record<string, string | undefined>>;
  into: string;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/** Builds the program with the Go of this machine and returns where it is. Throws an Error that says why it could not. */
export async function goInstall(way: FetchWay): Promise<string> {
  const go = programOnPath('go', way.env);
  if (go === undefined) throw new Error('Go is not on PATH');
  const began = Date.now();
  let steps = 0;
  const say = (): void => {
    const elapsed = formatDuration(Math.round((Date.now() - began) / 1000) * 1000);
    way.onProgress(
      `building the Temporal server with Go, once, about 3 minutes: ${elapsed}, ${steps} modules and packages done ` +
        '(it can be interrupted)',
    );
  };
  say();
  const timer = setInterval(say, LIMITS.progressIntervalMs);
  try {
    const run = await runCommand({
      command: [go, 'install', '-v', `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`],
      // The program has to run here, whatever the user's shell is set to build for.
      env: { ...way.env, GOBIN: way.into, GOOS: undefined, GOARCH: undefined, GOWORK: 'off' },
      cwd: way.into,
      timeMs: LIMITS.serverBuildMs,
      signal: way.signal,
      onError: (text) => (steps += text.split('\n').length - 1),
    });
    way.signal.throwIfAborted();
    if (run.kind === 'timeout') throw new Error(`not done after ${formatDuration(LIMITS.serverBuildMs)}`);
    if (run.kind === 'failed') throw new Error(run.reason);
  } finally {
    clearInterval(timer);
  }
  const built = join(way.into, 'temporal');
  if (!existsSync(built)) throw new Error('go install ended well and left no program');
  return built;
}

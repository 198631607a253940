import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';

/** The checkout. This module runs from dist/bench/shared. */
export const ROOT = dirname(dirname(dirname(import.meta.dirname)));

/** What was measured where, in one line. */
export function machineLine(serverVersion: string): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const sdkFile = join(ROOT, 'node_modules', '@temporalio', 'worker', 'package.json');
  const sdk = (JSON.parse(readFileSync(sdkFile, 'utf8')) as { version: string }).version;
  const cores = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const machine = `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${type()} ${release()}`;
  return `${machine}; Node ${process.versions.node}; Baton ${version}${commit()}; Temporal server ${serverVersion}, SDK ${sdk}`;
}

function commit(): string {
  try {
    const text = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return ` (${text.trim()})`;
  } catch {
    // An unpacked archive has no git.
    return '';
  }
}

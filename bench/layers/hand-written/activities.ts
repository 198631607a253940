import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program to its end; an exit code other than 0 fails the activity. */
export async function runProcess([program = '', ...args]: string[]): Promise<void> {
  await promisify(execFile)(program, args);
}

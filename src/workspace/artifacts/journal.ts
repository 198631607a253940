import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolder, inFolder, storeError } from './atomic.js';

/**
 * Adds one line to a file that may not be there yet; it is on the disk when this resolves. Any number of processes may do so at once. Costs
 * a fraction of a file of its own, whose name has to be made durable too.
 * @throws BatonError `no_space`, `io`; a part of the line may then be left, which ends before the next line begins
 */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    const file = await inFolder(dirname(path), () => open(path, 'a', 0o600));
    try {
      const { size } = await file.stat();
      await file.appendFile(`\n${line}\n`);
      await file.datasync();
      if (size === 0) await flushFolder(dirname(path));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storeError(error, 'could not be written');
  }
}

/** The values of the lines that are whole JSON, oldest first; none where there is no file. What a crash cut off is passed over. */
export async function* readLines(path: string): AsyncGenerator {
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(error, 'could not be read');
  });
  if (!file) return;
  for await (const line of file.readLines()) {
    const value = parsed(line);
    if (value !== undefined) yield value;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

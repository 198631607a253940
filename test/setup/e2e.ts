import type { TestProject } from 'vitest/node';
import { findServerBinary } from '../../src/local/server-binary/find.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of a `temporal` program that can serve. */
    serverBinary: string;
  }
}

/**
 * Before the first end-to-end test: the server's program is found, or fetched into Baton's cache as a user's first command would. A test
 * reads its path by `inject('serverBinary')`; a test of Baton itself needs nothing, for Baton finds the same one.
 */
export default async function setup(project: TestProject): Promise<void> {
  let last = -Infinity;
  const onProgress = (line: string): void => {
    if (Date.now() - last < 5000) return;
    last = Date.now();
    console.log(line);
  };
  const { path } = await findServerBinary({ onProgress });
  project.provide('serverBinary', path);
}

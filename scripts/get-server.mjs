/** Fetches the Temporal server by the product's own means, so that no test has to wait for it, and prints where it is. */
import process from 'node:process';
import { findServerBinary } from '../dist/local/server-binary/find.js';

try {
  const { path, version, source } = await findServerBinary({ onProgress: progressOnce(10_000) });
  console.log(`Temporal server ${version} (${source}): ${path}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** A log needs a line now and then, not one a second. */
function progressOnce(everyMs) {
  let last = -Infinity;
  return (line) => {
    if (Date.now() - last < everyMs) return;
    last = Date.now();
    console.log(line);
  };
}

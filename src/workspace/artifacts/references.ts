import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** A digest as it stands in JSON, or split as in the path of an artifact. */
const DIGEST = /(?<![0-9a-f])([0-9a-f]{2})\/?([0-9a-f]{62})(?![0-9a-f])/g;
/** A digest, the slash in it and a character on each side. */
const OVERLAP = 67;

/**
 * Calls back for everything in a request's folder that may name an artifact: each digest that stands in one of its files, whatever the file,
 * and each file's own, since a plan is kept both as a file and as an artifact. Rather too much than too little. Links are not followed.
 */
export async function referencesIn(folder: string, onDigest: (sha256: string) => void): Promise<void> {
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await referencesIn(path, onDigest);
    else if (entry.isFile()) await referencesInFile(path, onDigest);
  }
}

async function referencesInFile(path: string, onDigest: (sha256: string) => void): Promise<void> {
  const own = createHash('sha256');
  let rest = '';
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    own.update(chunk);
    const text = rest + chunk.toString('latin1');
    for (const [, first = '', second = ''] of text.matchAll(DIGEST)) onDigest(first + second);
    rest = text.slice(-OVERLAP);
  }
  onDigest(own.digest('hex'));
}

import { chmodSync, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { LIMITS } from '../../contract/limits.js';
import { isLoopback } from '../proxy.js';
import type { FetchWay } from './go-install.js';
import { runCommand } from './run-command.js';
import { TEMPORAL_CLI_VERSION } from './verify.js';

const DEFAULT_BASE = 'https://temporal.download';

/**
 * Fetches the program as the Temporal SDK does for its own ephemeral server, and returns where it is. `BATON_TEMPORAL_DOWNLOAD_URL` names
 * another place, or `off`. Throws an Error that says why it could not.
 */
export async function download(way: FetchWay): Promise<string> {
  const base = way.env['BATON_TEMPORAL_DOWNLOAD_URL'] || DEFAULT_BASE;
  if (base === 'off') throw new Error('switched off by BATON_TEMPORAL_DOWNLOAD_URL');
  const signal = AbortSignal.any([way.signal, AbortSignal.timeout(LIMITS.downloadMs)]);
  way.onProgress(`asking ${base} for the Temporal server`);
  const { archiveUrl, fileToExtract } = await askForArchive(base, signal);
  const archive = join(way.into, 'archive.tar.gz');
  await fetchArchive(archiveUrl, archive, signal, way.onProgress);
  const unpacked = await runCommand({
    command: ['tar', '-xzf', archive, '-C', way.into, '--', fileToExtract],
    env: way.env,
    timeMs: LIMITS.downloadMs,
    signal,
  });
  if (unpacked.kind !== 'ok') {
    throw new Error(`the archive cannot be unpacked: ${unpacked.kind === 'failed' ? unpacked.reason : 'time limit'}`);
  }
  const program = join(way.into, fileToExtract);
  chmodSync(program, 0o755);
  return program;
}

async function askForArchive(
  base: string,
  signal: AbortSignal,
): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const url = new URL(`${base.replace(/\/$/, '')}/cli/v${TEMPORAL_CLI_VERSION}`);
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const query = {
    arch,
    platform: process.platform,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': '1.24.0',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await request(url, signal);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(response)) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > LIMITS.downloadAnswerBytes) throw new Error(`${url.host} answered with too much`);
    chunks.push(chunk as Uint8Array);
  }
  let answer: { archiveUrl?: unknown; fileToExtract?: unknown } | null;
  try {
    answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as typeof answer;
  } catch {
    throw new Error(`${url.host} did not answer with JSON`);
  }
  const { archiveUrl, fileToExtract } = answer ?? {};
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string') {
    throw new Error(`${url.host} did not name an archive`);
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(fileToExtract)) throw new Error(`${url.host} named an odd file to extract`);
  return { archiveUrl, fileToExtract };
}

async function fetchArchive(
  from: string,
  to: string,
  signal: AbortSignal,
  onProgress: FetchWay['onProgress'],
): Promise<void> {
  const response = await request(new URL(from), signal);
  const total = Number(response.headers.get('content-length')) || undefined;
  let bytes = 0;
  const say = (): void => {
    onProgress(`downloading the Temporal server: ${mebibytes(bytes)}${total ? ` of ${mebibytes(total)}` : ''} MiB`);
  };
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes > LIMITS.downloadBytes) done(new Error(`the archive is over ${mebibytes(LIMITS.downloadBytes)} MiB`));
      else done(null, chunk);
    },
  });
  say();
  const timer = setInterval(say, LIMITS.progressIntervalMs);
  try {
    await pipeline(bodyOf(response), counter, createWriteStream(to, { mode: 0o600 }), { signal });
  } finally {
    clearInterval(timer);
  }
}

/** A request whose headers must come within the connect limit; the body has the rest of the time. */
async function request(url: URL, signal: AbortSignal): Promise<Response> {
  assertTrusted(url);
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(new Error('no answer in time')), LIMITS.downloadConnectMs);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, connecting.signal]) });
    assertTrusted(new URL(response.url));
    if (!response.ok) throw new Error(`${url.host} answered ${response.status}`);
    return response;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new Error(`${url.host}: ${cause instanceof Error ? cause.message : message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Before a request and after its redirects: what is fetched will be run. */
function assertTrusted(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return;
  throw new Error(`${url.origin} is not https`);
}

function bodyOf(response: Response): Readable {
  if (!response.body) throw new Error('the answer is empty');
  return Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
}

const mebibytes = (bytes: number): string => (bytes / (1024 * 1024)).toFixed(0);

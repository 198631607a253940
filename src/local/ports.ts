import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { BatonError } from '../contract/errors.js';
import { LIMITS } from '../contract/limits.js';
import { writeFileAtomic } from './atomic-file.js';
import { homePaths } from './home.js';
import { readJsonFile } from './run-files.js';

export interface Ports {
  port: number;
  uiPort: number;
}

/** The ones that the plain `temporal` command and a person expect. */
const DEFAULT_PORTS: Ports = { port: 7233, uiPort: 8233 };

/**
 * Ports for the embedded server: those that it had before, else the usual ones, else free ones; `taken` are known not to work. An address
 * that stays the same keeps what is connected, and what a person typed, good over a restart.
 */
export async function choosePorts(home: string, taken: ReadonlySet<number> = new Set()): Promise<Ports> {
  const before = recordedPorts(home);
  const pick = async (name: keyof Ports): Promise<number> => {
    for (const port of [before?.[name], DEFAULT_PORTS[name]]) {
      if (port !== undefined && !taken.has(port) && (await isPortFree(port))) return port;
    }
    return freePort();
  };
  return { port: await pick('port'), uiPort: await pick('uiPort') };
}

/** The ports of the last server that became ready; kept after it ended. */
export function recordedPorts(home: string): Ports | undefined {
  const value = readJsonFile(portsFile(home)) as Partial<Ports> | null | undefined;
  return isPort(value?.port) && isPort(value.uiPort) ? { port: value.port, uiPort: value.uiPort } : undefined;
}

export function recordPorts(home: string, ports: Ports): void {
  writeFileAtomic(portsFile(home), `${JSON.stringify({ v: 1, ...ports })}\n`);
}

const portsFile = (home: string): string => join(homePaths(home).run, 'ports.json');

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;

/** Whether nothing listens on this port of 127.0.0.1, also not by way of all addresses (some systems would allow both). */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await answers('127.0.0.1', port, LIMITS.connectMs)) && (await bind(port)) !== undefined;
}

/** Whether a TCP connection to `host:port` is accepted within the time. */
export function answers(host: string, port: number, timeMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (up: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(up);
    };
    const timer = setTimeout(() => finish(false), timeMs);
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

/** `host:port` or `[v6]:port` taken apart; `undefined` without a port. */
export function splitAddress(address: string): { host: string; port: number } | undefined {
  const match = /^(.+):(\d{1,5})$/.exec(address);
  return match ? { host: (match[1] ?? '').replace(/^\[(.*)\]$/, '$1'), port: Number(match[2]) } : undefined;
}

async function freePort(): Promise<number> {
  const port = await bind(0);
  if (port === undefined) throw new BatonError('no_server', 'No free port on 127.0.0.1.');
  return port;
}

function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

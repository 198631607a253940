import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { History } from '@temporalio/common/lib/proto-utils.js';

const FOLDER = join(import.meta.dirname, 'histories');

/** A history as it is kept: Temporal's events as JSON, a payload as `{json: value}`. Written by scripts/record-histories.mjs. */
export interface KeptHistory {
  workflowId: string;
  events: KeptEvent[];
}

export interface KeptEvent {
  eventId: string;
  eventType: string;
  [attributes: string]: unknown;
}

export const historyNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();

export const readKept = (name: string): KeptHistory =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as KeptHistory;

/** A kept history as the worker replays it. */
export function toHistory({ events }: KeptHistory): History {
  return HistoryMessage.fromObject({ events: events.map(packed) });
}

/** The message type of the SDK's own copy of Temporal's interface, which no package of this project depends on by itself. */
const HistoryMessage = (
  createRequire(createRequire(import.meta.url).resolve('@temporalio/client'))('@temporalio/proto') as {
    temporal: { api: { history: { v1: { History: { fromObject(value: object): History } } } } };
  }
).temporal.api.history.v1.History;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Puts values back into payloads. */
function packed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  if ('json' in record) {
    const metadata = { encoding: base64('json/plain'), ...(record['metadata'] as object | undefined) };
    return { metadata, data: base64(JSON.stringify(record['json'])) };
  }
  return Object.fromEntries(Object.entries(record).map(([name, item]) => [name, packed(item)]));
}

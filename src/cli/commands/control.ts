import {
  checkpoint as save,
  control as send,
  submitTask,
  type ControlName,
  type MessageAnswer,
} from '../../client/messages.js';
import { openPlace, type Place } from '../../client/place.js';
import { retry } from '../../client/retry.js';
import { savedStates } from '../../client/saves.js';
import { BatonError } from '../../contract/errors.js';
import type { Json } from '../../contract/json.js';
import { print, printJson, say } from '../end.js';
import { table } from '../render/tables.js';

interface JsonOption {
  json?: boolean;
}

export const control = (name: ControlName, id: string, options: JsonOption): Promise<void> =>
  tell(options, (place) => (name === 'retry' ? retry(place, id) : send(place, name, id)));

export interface SubmitOptions extends JsonOption {
  type: string;
  description: string;
  parameters?: string;
  dependencies?: string;
}

/** One more task for a request that runs. */
export async function submit(id: string, options: SubmitOptions): Promise<void> {
  const { type, description, dependencies } = options;
  const parameters = options.parameters === undefined ? undefined : parsedParameters(options.parameters);
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const told = await submitTask(place, id, {
      type,
      description,
      ...(parameters === undefined ? {} : { parameters }),
      ...(dependencies === undefined ? {} : { dependencies: dependencies.split(',').filter((name) => name !== '') }),
    });
    if (options.json) printJson({ v: 1, ...told.data });
    else print(`${told.message}; follow it with: baton watch ${id}`);
  } finally {
    await place.close();
  }
}

function parsedParameters(text: string): Record<string, Json> {
  try {
    return JSON.parse(text) as Record<string, Json>;
  } catch (error) {
    throw new BatonError('bad_input', `--parameters: not JSON (${error instanceof Error ? error.message : ''})`, {
      path: 'parameters',
      hint: `for example --parameters '{"command": ["npm", "test"]}'`,
    });
  }
}

/** Keeps the present state of a request, or lists those that were kept. */
export async function checkpoint(id: string, options: JsonOption & { list?: boolean }): Promise<void> {
  if (!options.list) return tell(options, (place) => save(place, id));
  const rows = await savedStates(id);
  if (options.json) return printJson({ v: 1, requestId: id, checkpoints: rows });
  if (rows.length === 0) return print(`No state of ${id} was saved; save one with: baton checkpoint ${id}`);
  const columns = ['STATE', 'AT', 'BY', 'TASKS', 'OPEN DECISIONS', 'FILE'].map((title) => ({ title }));
  const cells = rows.map(({ n, at, by, tasks, decisions, path }) => [
    ...[String(n), at, by, `${tasks.completed} of ${tasks.total}`, decisions.join(', ') || '–', path],
  ]);
  print(table(columns, cells));
}

async function tell(options: JsonOption, message: (place: Place) => Promise<MessageAnswer>): Promise<void> {
  const place = await openPlace({ start: true, onProgress: say });
  try {
    const told = await message(place);
    if (options.json) printJson(told);
    else print(told.message);
  } finally {
    await place.close();
  }
}

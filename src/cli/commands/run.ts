import { openPlace, type Place } from '../../client/place.js';
import { prepare, submit } from '../../client/submit.js';
import { awaitPlan } from '../../client/submitted.js';
import type { Interaction } from '../../contract/request.js';
import type { Priority } from '../../contract/task.js';
import { print, printJson, say } from '../end.js';
import { followOnTerminal } from '../follow.js';
import { requireText } from './plan.js';

export interface RunCommandOptions {
  workspace?: string;
  plan?: string;
  playbook?: string;
  interaction?: Interaction;
  priority?: Priority;
  maxParallel?: number;
  budgetUsd?: number;
  yes?: boolean;
  detach?: boolean;
  wait: boolean;
  id?: string;
  json?: boolean;
}

/** Submits a request and follows it. What can be checked is checked before a server is looked for. */
export async function run(text: string, options: RunCommandOptions): Promise<void> {
  requireText(text, options.plan ?? options.playbook);
  const prepared = await prepare({
    text,
    workspace: options.workspace,
    planFile: options.plan,
    playbook: options.playbook,
    interaction: options.interaction,
    yes: options.yes === true,
    id: options.id,
    priority: options.priority,
    maxParallel: options.maxParallel,
    budgetUsd: options.budgetUsd,
  });
  const place = await openPlace({ start: true, onProgress: say });
  try {
    await submit(place, prepared);
    if (options.detach) return await detached(place, prepared.id, options.json === true);
    const where = place.pair.uiUrl
      ? `  (Temporal Web: ${place.pair.uiUrl}/namespaces/${place.pair.namespace}/workflows/${prepared.id})`
      : '';
    say(`request ${prepared.id}${where}`);
    await followOnTerminal(place, prepared.id, { json: options.json === true, events: false, wait: options.wait });
  } finally {
    await place.close();
  }
}

async function detached(place: Place, id: string, isJson: boolean): Promise<void> {
  const accepted = await awaitPlan(place, id);
  if (isJson) return printJson(accepted);
  print(`request ${id}: ${accepted.status}\nwatch it with: baton watch ${id}`);
}

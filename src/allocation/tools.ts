import { toolNameOf } from '../contract/mcp.js';
import type { ModeTable } from '../contract/mode.js';
import type { Action, PlanDraft } from '../contract/plan.js';
import { refuse } from '../planning/references.js';
import { allowsTool } from './permission.js';

type ToolAction = Action & { kind: 'tool' };

/** Why a server's tool may not be called in the mode that its task names; undefined where it may, as without one. */
export function toolFlaw(action: ToolAction, modes: ModeTable): string | undefined {
  const { mode } = action;
  if (mode === undefined) return undefined;
  const rights = Object.hasOwn(modes, mode) ? (modes[mode] ?? []) : undefined;
  if (!rights) return `there is no mode ${JSON.stringify(mode)}; there are: ${Object.keys(modes).join(', ')}`;
  const tool = toolNameOf(action);
  return rights.every((one) => allowsTool(one, tool)) ? undefined : `the mode ${mode} does not allow ${tool}`;
}

/** Throws BatonError `bad_input` with the path of each task whose mode does not allow its tool. */
export function refuseTools(draft: PlanDraft, modes: ModeTable): void {
  const problems = draft.tasks.flatMap(({ action }, at) => {
    const message = action.kind === 'tool' ? toolFlaw(action, modes) : undefined;
    return message === undefined ? [] : [{ path: `tasks[${at}].mode`, message }];
  });
  if (problems.length > 0) refuse(problems);
}

import type { ProjectCommand } from '../../contract/facts.js';
import type { Action, TaskDraft } from '../../contract/plan.js';

/** A task with everything but the given fields at its default. */
export function taskDraft(fields: { id: string; action: Action } & Partial<TaskDraft>): TaskDraft {
  return {
    title: fields.id,
    type: 'general',
    dependencies: [],
    inputs: [],
    outputs: [],
    touches: [],
    capabilities: [],
    retries: 0,
    priority: 'normal',
    risk: 0,
    criticality: 0,
    env: {},
    cwd: '.',
    parameters: {},
    delivers: true,
    ...fields,
  };
}

/** An id for each command, e.g. `run-test`, `run-test-2`. */
export function commandIds(commands: readonly ProjectCommand[]): string[] {
  const used = new Map<string, number>();
  return commands.map(({ purpose }) => {
    const base = `run-${purpose.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 40)}`;
    const n = (used.get(base) ?? 0) + 1;
    used.set(base, n);
    return n === 1 ? base : `${base}-${n}`;
  });
}

/** A command as a person would type it, with the folder if it is not the workspace itself. */
export function spoken({ argv, cwd }: ProjectCommand): string {
  const words = argv.map((word) =>
    /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return cwd === '.' ? words.join(' ') : `${words.join(' ')} (in ${cwd})`;
}

import type { Problem } from '../contract/errors.js';
import type { PlanDraft } from '../contract/plan.js';
import { nearest } from './nearest.js';
import { refuse } from './references.js';

/** @throws BatonError `bad_input` with the path of each variable whose secret `baton.yaml` does not name */
export function refuseUnknownSecrets(draft: Pick<PlanDraft, 'tasks'>, known: readonly string[]): void {
  const problems = draft.tasks.flatMap(({ secrets = {} }, position) =>
    Object.entries(secrets)
      .filter(([, name]) => !known.includes(name))
      .map(([variable, name]): Problem => {
        const near = nearest(name, known);
        const message = `no secret is named "${name}" in BATON_HOME/baton.yaml${near === undefined ? '' : `; did you mean "${near}"?`}`;
        return { path: `tasks[${position}].env.${variable}.secret`, message };
      }),
  );
  if (problems.length > 0) refuse(problems);
}

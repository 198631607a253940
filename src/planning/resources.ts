import type { PlanDraft } from '../contract/plan.js';
import { refuse } from './references.js';

/** Throws BatonError `bad_input` with the path of each resource that the configuration does not name, or has less of than a task needs. */
export function refuseUnknownResources(draft: PlanDraft, capacities: Readonly<Record<string, number>>): void {
  const problems = draft.tasks.flatMap(({ resources = {} }, position) =>
    Object.entries(resources).flatMap(([name, count]) => {
      const there = Object.hasOwn(capacities, name) ? capacities[name] : undefined;
      const path = `tasks[${position}].resources.${name}`;
      if (there === undefined) return [{ path, message: `resources of BATON_HOME/baton.yaml does not name ${name}` }];
      return count > there ? [{ path, message: `needs ${count}, and there is ${there} of it` }] : [];
    }),
  );
  if (problems.length > 0) refuse(problems);
}

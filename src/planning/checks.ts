import type { Check, PlanTask } from '../contract/plan.js';

/** A check as people read it. */
export const textOfCheck = (check: Check): string => (check.kind === 'command' ? check.argv.join(' ') : check.script);

/** A task's checks as text, each with its path below the task. */
export const checksOf = ({ checks = [] }: PlanTask): { path: string; text: string }[] =>
  checks.map((check, at) => ({ path: `checks[${at}]`, text: textOfCheck(check) }));
